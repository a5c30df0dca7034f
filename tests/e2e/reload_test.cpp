// Reloads of the real binary: by signal and by `catena reload`.

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <exception>
#include <filesystem>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catena/http/unique_fd.hpp"
#include "e2e/running_server.hpp"
#include "support/catch.hpp"

using namespace catena::testing;

namespace {

/// A site in a directory of its own, where its servers have their control sockets, too.
class Site {
 public:
  Site() {
    write("A", "");
    directory_.write("A/index.html", "A");
    directory_.write("B/index.html", "B");
  }

  /// Has the site served from that directory. `server` is what "server" holds beside "listen".
  void write(std::string_view root, std::string_view server, std::string_view more = "") const {
    write_listening(R"("127.0.0.1:0")", root, server, more);
  }
  void write_listening(std::string_view listen, std::string_view root, std::string_view server = "",
                       std::string_view more = "") const {
    directory_.write("site.json", R"({"server": {"listen": [)" + std::string(listen) + "]" +
                                      std::string(server) + R"(}, "root": ")" + std::string(root) +
                                      R"(", "chain": [{"plugin": "index_resolver"},
                                          {"plugin": "static_file"}])" +
                                      std::string(more) + "}");
  }

  Process::Setup with_arguments(std::vector<std::string> arguments) const {
    Process::Setup setup;
    setup.arguments = std::move(arguments);
    setup.environment = {{"RUNTIME_DIRECTORY", runtime().string()}};
    return setup;
  }
  Process::Setup serving() const { return with_arguments({"--config", file()}); }
  Finished reload(std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), "reload");
    return run(CATENA_BINARY, with_arguments(std::move(arguments)));
  }

  std::string file() const { return (directory_ / "site.json").string(); }
  std::filesystem::path runtime() const { return directory_ / "run"; }
  const TempDir& directory() const { return directory_; }

 private:
  TempDir directory_;
};

using AsConfigured = RunningServer::AsConfigured;

std::string home(RunningServer& server) { return server.connect().get("/").body; }

}  // namespace

TEST_CASE("catena reload has the next requests served by the new configuration", "[e2e]") {
  const Site site;
  RunningServer server(site.serving(), AsConfigured{});
  SocketClient kept = server.connect();
  CHECK(kept.get("/").body == "A");
  site.write("B", R"(, "name": "other")");
  const Finished finished = site.reload();
  CHECK(finished.exit_code == 0);
  CHECK(finished.errors.empty());
  CHECK(finished.output == "reloaded, process " + std::to_string(server.process().pid()) +
                               "\n  server.name: from not set to \"other\"\n"
                               "  root: from \"A\" to \"B\"\n");
  const catena::testing::HttpResponse response = kept.get("/");
  CHECK(response.body == "B");
  CHECK(response.header("Server") == "other");
  server.process().wait_for_errors("root: from \"A\" to \"B\"");

  const Finished again = site.reload({"--config", site.file()});
  CHECK(again.exit_code == 0);
  CHECK_THAT(again.output, ContainsSubstring("; the configuration says what it said before\n"));
  CHECK(server.stop() == 0);
}

TEST_CASE("catena reload says what is wrong as catena check does, and all stays", "[e2e]") {
  const Site site;
  RunningServer server(site.serving(), AsConfigured{});
  SECTION("a mistake") { site.write("B", R"(, "nmae": "x")"); }
  SECTION("no JSON") { site.directory().write("site.json", "{"); }
  SECTION("an expectation that is not met") {
    site.write("B", "", R"(, "expect": [{"request": "/", "status": 404}])");
  }
  const Finished reloaded = site.reload();
  CHECK(reloaded.exit_code == 2);
  CHECK(reloaded.output.empty());
  const std::string last =
      "catena: not reloaded: the new configuration is wrong, the old one is served still\n";
  const Finished checked =
      run(CATENA_BINARY, site.with_arguments({"check", "--config", site.file()}));
  CHECK(checked.exit_code == 2);
  CHECK_FALSE(checked.errors.empty());
  CHECK(reloaded.errors == checked.errors + last);
  server.process().wait_for_errors(checked.errors.substr(0, checked.errors.find('\n')));
  CHECK(home(server) == "A");
  CHECK(server.stop() == 0);
}

TEST_CASE("a reload changes the threads that new connections are served by", "[e2e]") {
  const Site site;
  RunningServer server(site.serving(), AsConfigured{});
  const auto threads = [&server] {
    const auto tasks = "/proc/" + std::to_string(server.process().pid()) + "/task";
    return std::distance(std::filesystem::directory_iterator(tasks), {});
  };
  constexpr int crowd = 12;
  const auto connect_and_ask = [&server] {
    std::vector<SocketClient> clients;
    for (int count = 0; count < crowd; ++count) {
      clients.push_back(server.connect());
      CHECK(clients.back().get("/").status == 200);
    }
    return clients;
  };
  std::vector<SocketClient> parked = connect_and_ask();
  const auto few = threads();

  site.write("A", R"(, "threads": {"model": "dedicated"})");
  CHECK(site.reload().exit_code == 0);
  std::vector<SocketClient> dedicated = connect_and_ask();
  CHECK(threads() >= few + crowd);
  for (SocketClient& client : parked) CHECK(client.get("/").status == 200);

  site.write("B", R"(, "threads": {"model": "parked"})");
  CHECK(site.reload().exit_code == 0);
  const auto many = threads();
  std::vector<SocketClient> parked_again = connect_and_ask();
  CHECK(threads() < many + crowd);
  for (auto* clients : {&parked, &dedicated, &parked_again}) {
    for (SocketClient& client : *clients) CHECK(client.get("/").body == "B");
  }
  CHECK(server.stop() == 0);
}

TEST_CASE("SIGHUP reloads, and the log has the verdict", "[e2e]") {
  const Site site;
  RunningServer server(site.serving(), AsConfigured{});
  site.write("B", "");
  server.process().signal(SIGHUP);
  server.process().wait_for_errors("reloaded");
  CHECK(home(server) == "B");
  site.write("missing", "");
  server.process().signal(SIGHUP);
  server.process().wait_for_errors("/root: can't serve from");
  CHECK(home(server) == "B");
  CHECK(server.stop() == 0);
}

TEST_CASE("listeners are opened and closed by a reload", "[e2e]") {
  const Site site;
  const std::string socket = (site.directory() / "socket").string();
  RunningServer server(site.serving(), AsConfigured{});
  site.write_listening(R"("127.0.0.1:0", "unix:)" + socket + R"(")", "B");
  const Finished opened = site.reload();
  CHECK(opened.exit_code == 0);
  CHECK_THAT(opened.output, ContainsSubstring("  listening on unix:" + socket + "\n"));
  CHECK(SocketClient(socket).get("/").body == "B");
  CHECK(home(server) == "B");  // on the port that it had before

  site.write_listening(R"("unix:)" + socket + R"(")", "A");
  const Finished closed = site.reload();
  CHECK_THAT(closed.output, ContainsSubstring("  no longer listening on http://127.0.0.1:" +
                                              std::to_string(server.port()) + "\n"));
  CHECK_THROWS(server.connect());
  CHECK(SocketClient(socket).get("/").body == "A");

  site.write_listening(R"("unix:)" + socket + R"(", "192.0.2.1:1")", "B");
  const Finished failed = site.reload();
  CHECK(failed.exit_code == 1);
  CHECK_THAT(failed.errors, ContainsSubstring("can't listen on 192.0.2.1:1"));
  CHECK(SocketClient(socket).get("/").body == "A");
  CHECK(server.stop() == 0);
}

TEST_CASE("a download in flight is finished by the configuration it began with", "[e2e]") {
  constexpr std::size_t large = 64 * 1024 * 1024;
  const Site site;
  site.directory().write("A/large", std::string(large, 'a'));
  RunningServer server(site.serving(), AsConfigured{});
  SocketClient client = server.connect();
  client.send("GET /large HTTP/1.1\r\nHost: test\r\n\r\n");
  CHECK_FALSE(client.at_end());
  site.write("B", R"(, "timeouts": {"grace": "10ms"})");
  CHECK(site.reload().exit_code == 0);
  const HttpResponse response = client.read_response();
  CHECK(response.complete);
  CHECK(response.body == std::string(large, 'a'));
  CHECK(client.get("/large").status == 404);
  CHECK(client.get("/").body == "B");
  CHECK(server.stop() == 0);
}

TEST_CASE("what outlasts the grace after a reload is named in the log, and goes on", "[e2e]") {
  const Site site;
  site.directory().write("A/large", std::string(64 * 1024 * 1024, 'a'));
  site.write("A", R"(, "timeouts": {"grace": "10ms"})");
  RunningServer server(site.serving(), AsConfigured{});
  SocketClient client = server.connect();
  client.send("GET /large HTTP/1.1\r\nHost: test\r\n\r\n");
  CHECK_FALSE(client.at_end());
  site.write("B", "");
  CHECK(site.reload().exit_code == 0);
  server.process().wait_for_errors("sending on \"GET /large HTTP/1.1\" from 127.0.0.1");
  CHECK(client.read_response().complete);
  CHECK(server.stop() == 0);
}

TEST_CASE("what the command line says stays in force, and a reload says so", "[e2e]") {
  const Site site;
  Process::Setup setup = site.serving();
  setup.arguments.insert(setup.arguments.end(),
                         {"--root", (site.directory() / "A").string(), "--log-level", "debug"});
  RunningServer server(std::move(setup));
  site.write_listening(R"("127.0.0.1:1")", "B", R"(, "log_level": "error")");
  const Finished finished = site.reload();
  CHECK(finished.exit_code == 0);
  for (const std::string part :
       {"server.listen: from [\"127.0.0.1:0\"] to [\"127.0.0.1:1\"]",
        "server.log_level: from not set to \"error\"", "root: from \"A\" to \"B\""}) {
    CHECK_THAT(finished.output, ContainsSubstring("  " + part +
                                                  "; not in force, the command line says "
                                                  "otherwise\n"));
  }
  CHECK(home(server) == "A");
  CHECK(server.stop() == 0);
}

TEST_CASE("a reload changes the level of the log", "[e2e]") {
  const Site site;
  RunningServer server(site.serving(), AsConfigured{});
  site.write("A", R"(, "log_level": "error")");
  CHECK(site.reload().exit_code == 0);
  CHECK(site.reload().exit_code == 0);
  CHECK_THAT(server.process().errors(), !ContainsSubstring("reloaded"));
  CHECK(server.stop() == 0);
}

TEST_CASE("catena reload without a server to reload", "[e2e]") {
  const Site site;
  const Finished none = site.reload();
  CHECK(none.exit_code == 1);
  CHECK_THAT(none.errors, ContainsSubstring("no such server of this user is running; looked for "
                                            "control sockets in " +
                                            site.runtime().string()));
  const Finished nobody = site.reload({"--control", "/nowhere/socket"});
  CHECK(nobody.exit_code == 1);
  CHECK_THAT(nobody.errors, ContainsSubstring("nobody listens at the control socket"));
  CHECK(site.reload({"--pid", "1", "--control", "x"}).exit_code == 2);
  for (const std::string pid : {"0", "-1", "abc", "1x", "99999999999"}) {
    const Finished wrong = site.reload({"--pid", pid});
    CHECK(wrong.exit_code == 2);
    CHECK_THAT(wrong.errors,
               ContainsSubstring("--pid: \"" + pid + "\": expected the number of a process"));
  }
}

TEST_CASE("catena reload asks to choose among several servers", "[e2e]") {
  const Site site;
  RunningServer first(site.serving(), AsConfigured{});
  RunningServer second(
      site.with_arguments({"--root", (site.directory() / "A").string(), "--port", "0"}),
      AsConfigured{});
  const Finished several = site.reload();
  CHECK(several.exit_code == 2);
  CHECK_THAT(several.errors, ContainsSubstring("several servers are running"));
  CHECK_THAT(several.errors,
             ContainsSubstring("  process " + std::to_string(first.process().pid()) + ", " +
                               std::filesystem::canonical(site.file()).string() +
                               ", http://127.0.0.1:" + std::to_string(first.port()) + "\n"));
  CHECK_THAT(several.errors,
             ContainsSubstring("  process " + std::to_string(second.process().pid()) +
                               ", the built-in configuration, http://127.0.0.1:" +
                               std::to_string(second.port()) + "\n"));

  site.write("B", "");
  CHECK(site.reload({"--pid", std::to_string(second.process().pid())}).exit_code == 0);
  CHECK(home(first) == "A");
  CHECK(site.reload({"--config", site.file()}).exit_code == 0);
  CHECK(home(first) == "B");
  CHECK(second.stop() == 0);
  CHECK(site.reload().exit_code == 0);
  CHECK(first.stop() == 0);
}

TEST_CASE("the control socket is this user's alone, and gone at the end", "[e2e]") {
  const Site site;
  RunningServer server(site.serving(), AsConfigured{});
  const auto socket =
      site.runtime() / ("control-" + std::to_string(server.process().pid()) + ".sock");
  struct stat status {};
  REQUIRE(::stat(socket.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  REQUIRE(::stat(site.runtime().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  SECTION("stopped: it removes the file") {
    CHECK(server.stop() == 0);
    CHECK_FALSE(std::filesystem::exists(socket));
  }
  SECTION("killed: the next one removes the file") {
    server.process().signal(SIGKILL);
    server.process().wait();
    CHECK(std::filesystem::exists(socket));
    CHECK(site.reload().exit_code == 1);
    RunningServer next(site.serving(), AsConfigured{});
    CHECK_FALSE(std::filesystem::exists(socket));
    CHECK(site.reload().exit_code == 0);
    CHECK(next.stop() == 0);
  }
}

TEST_CASE("a control socket by the configuration", "[e2e]") {
  const Site site;
  const std::string path = (site.directory() / "control").string();
  site.write("A", R"(, "control": "control")");
  RunningServer server(site.serving(), AsConfigured{});
  const std::string pid = std::to_string(server.process().pid());
  CHECK(site.reload().exit_code == 0);
  CHECK(site.reload({"--pid", pid}).exit_code == 0);
  CHECK(site.reload({"--config", site.file()}).exit_code == 0);
  CHECK(site.reload({"--control", path}).exit_code == 0);

  Process other(CATENA_BINARY, site.serving());
  CHECK(other.wait() == 1);
  CHECK_THAT(other.errors(), ContainsSubstring("can't open the control socket " + path));

  site.write("B", R"(, "control": "elsewhere")");
  const Finished moved = site.reload({"--control", path});
  CHECK(moved.exit_code == 1);
  CHECK_THAT(moved.errors, ContainsSubstring("server.control can't change while the server runs"));
  CHECK(home(server) == "A");

  // The file names no socket any more; the server is found by it all the same.
  site.directory().write("site.json", "{");
  const Finished wrong = site.reload({"--config", site.file()});
  CHECK(wrong.exit_code == 2);
  CHECK_THAT(wrong.errors, ContainsSubstring("site.json:1:2: "));
  CHECK(server.stop() == 0);
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_FALSE(std::filesystem::exists(site.runtime() / ("control-" + pid + ".sock")));
}

TEST_CASE("a control socket by the configuration, among those that are looked for", "[e2e]") {
  const Site site;
  site.write("A", R"(, "control": "run/control-main.sock")");
  std::filesystem::create_directory(site.runtime());
  ::chmod(site.runtime().c_str(), 0700);
  RunningServer server(site.serving(), AsConfigured{});
  CHECK(site.reload().exit_code == 0);
  CHECK(site.reload({"--pid", std::to_string(server.process().pid())}).exit_code == 0);
  CHECK(server.stop() == 0);
}

TEST_CASE("a control socket by the configuration alone, where there is no other place", "[e2e]") {
  const Site site;
  site.write("A", R"(, "control": "control")");
  std::filesystem::create_directory(site.runtime());
  ::chmod(site.runtime().c_str(), 0777);
  RunningServer server(site.serving(), AsConfigured{});
  server.process().wait_for_errors("finds this server by --control");
  CHECK(site.reload({"--config", site.file()}).exit_code == 0);
  CHECK(server.stop() == 0);
}

TEST_CASE("without a place for a control socket a server serves, and says so", "[e2e]") {
  const Site site;
  std::filesystem::create_directory(site.runtime());
  ::chmod(site.runtime().c_str(), 0777);
  RunningServer server(site.serving(), AsConfigured{});
  server.process().wait_for_errors("`catena reload` won't find this server");
  CHECK_THAT(server.process().errors(), ContainsSubstring("others may write to it"));
  CHECK(home(server) == "A");
  CHECK(server.stop() == 0);
}

TEST_CASE("who says nothing at the control socket, or nonsense, holds up nobody", "[e2e]") {
  const Site site;
  RunningServer server(site.serving(), AsConfigured{});
  const std::string path =
      (site.runtime() / ("control-" + std::to_string(server.process().pid()) + ".sock")).string();
  SocketClient silent(path);
  SocketClient nonsense(path);
  nonsense.send("nonsense\n");
  CHECK(nonsense.read_to_end() == "{\"error\":\"there is no such command\"}\n");
  SocketClient endless(path);
  endless.send(std::string(4096, 'x'));
  CHECK(endless.at_end());
  CHECK(site.reload().exit_code == 0);
  CHECK(home(server) == "A");
  CHECK(silent.at_end());
  CHECK(server.stop() == 0);
}

TEST_CASE("a module whose file has other content is loaded as new", "[e2e][module]") {
  const Site site;
  const auto library = site.directory() / "libgood.so";
  const auto place = [&](const char* name) {
    std::filesystem::copy_file(std::filesystem::path(CATENA_TEST_MODULES) / name, library,
                               std::filesystem::copy_options::overwrite_existing);
  };
  place("libgood.so");
  site.directory().write("site.json", R"({"server": {"listen": ["127.0.0.1:0"]},
      "modules": ["libgood.so"], "chain": [{"plugin": "good"}]})");
  RunningServer server(site.serving(), AsConfigured{});
  CHECK(home(server) == "a text 1");
  place("libgood_again.so");
  const Finished anew = site.reload();
  CHECK(anew.exit_code == 0);
  CHECK_THAT(anew.output,
             ContainsSubstring("  module " + library.string() +
                               ": loaded anew; its handlers take nothing over from the old "
                               "version\n"));
  CHECK(home(server) == "another text 1");

  site.directory().write("libgood.so", "no library");
  const Finished refused = site.reload();
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.errors, ContainsSubstring("libgood.so is refused: it is no shared library"));
  CHECK(home(server) == "another text 2");
  CHECK(server.stop() == 0);
}

TEST_CASE("a reload that hangs is told to the log and to who asked, and a stop ends it",
          "[e2e][module]") {
  const Site site;
  const std::string server_of = R"({"server": {"listen": ["127.0.0.1:0"],
      "timeouts": {"handler": "100ms", "grace": "10ms"}}, )";
  std::filesystem::copy_file(std::filesystem::path(CATENA_TEST_MODULES) / "libhangs.so",
                             site.directory() / "libhangs.so");
  site.directory().write("site.json",
                         server_of + R"("root": "A", "chain": [{"plugin": "static_file"}]})");
  RunningServer server(site.serving(), AsConfigured{});
  site.directory().write("site.json", server_of + R"("modules": ["libhangs.so"],
      "chain": [{"plugin": "hangs"}], "expect": [{"request": "/hang", "status": 200}]})");
  const std::string at = "hangs on \"GET /hang HTTP/1.1\"";
  for (int time = 0; time < 2; ++time) {
    const Finished given_up = site.reload({"--timeout", "1"});
    CHECK(given_up.exit_code == 1);
    CHECK_THAT(given_up.errors,
               ContainsSubstring("no verdict came in 1 s: a reload has been under way for ") &&
                   ContainsSubstring(" s, at a dry run: " + at));
  }
  server.process().wait_for_errors("a dry run has not ended after 0.1 s: " + at);
  server.process().wait_for_errors("a reload has to wait: a reload has been under way for ");
  CHECK(server.connect().get("/index.html").body == "A");

  Process checking(CATENA_BINARY, site.with_arguments({"check", "--config", site.file()}));
  checking.wait_for_errors("a dry run has not ended after 0.1 s: " + at);
  Process explaining(CATENA_BINARY,
                     site.with_arguments({"explain", "--config", site.file(), "/hang"}));
  explaining.wait_for_errors("a dry run has not ended after 0.1 s: " + at);

  CHECK(server.stop() == 1);
  CHECK_THAT(server.process().errors(),
             ContainsSubstring("stopping, while a reload has been under way for ") &&
                 ContainsSubstring("a reload is still under way"));
}

TEST_CASE("who gives up waiting for a verdict leaves room for others", "[e2e][module]") {
  const Site site;
  std::filesystem::copy_file(std::filesystem::path(CATENA_TEST_MODULES) / "libhangs.so",
                             site.directory() / "libhangs.so");
  site.write("A", R"(, "timeouts": {"grace": "10ms"})");
  RunningServer server(site.serving(), AsConfigured{});
  site.directory().write("site.json", R"({"modules": ["libhangs.so"],
      "chain": [{"plugin": "hangs"}], "expect": [{"request": "/hang"}]})");
  const std::string path =
      (site.runtime() / ("control-" + std::to_string(server.process().pid()) + ".sock")).string();
  for (int client = 0; client < 40; ++client) {
    try {
      SocketClient(path).send("{\"command\":\"reload\"}\n");
    } catch (const std::exception&) {
      // There are too many at the moment: the server closed before anything was sent.
    }
  }
  eventually([&] {
    try {
      SocketClient asking(path);
      asking.send("{\"command\":\"status\"}\n");
      return asking.read_to_end().find("\"process\":") != std::string::npos;
    } catch (const std::exception&) {
      return false;
    }
  });
  CHECK(server.stop() == 1);
}

TEST_CASE("an include that names a pipe without a writer refuses the reload", "[e2e]") {
  const Site site;
  RunningServer server(site.serving(), AsConfigured{});
  const std::string pipe = (site.directory() / "pipe.json").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  site.directory().write("site.json", R"({"chain": {"include": "pipe.json"}})");
  const Finished refused = site.reload();
  CHECK(refused.exit_code == 2);
  CHECK_THAT(refused.errors,
             ContainsSubstring("pipe.json") && ContainsSubstring("is no plain file; name one"));
  for (const char* command : {"check", "explain"}) {
    std::vector<std::string> arguments{command, "--config", pipe};
    if (std::string(command) == "explain") arguments.emplace_back("/");
    const Finished itself = run(CATENA_BINARY, site.with_arguments(arguments));
    CHECK(itself.exit_code == 2);
    CHECK_THAT(itself.errors, ContainsSubstring(pipe + ": is no plain file; name one"));
  }
  CHECK(home(server) == "A");
  CHECK(server.stop() == 0);
}
