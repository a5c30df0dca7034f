// How the server ends.

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "e2e/running_server.hpp"
#include "support/catch.hpp"

using namespace catena::testing;
namespace fs = std::filesystem;

namespace {

/// More than sockets and their buffers hold, so that sending it is not over until it is read.
constexpr std::size_t large = 64 * 1024 * 1024;

std::string configuration(const TempDir& directory, std::string_view grace) {
  std::string text = R"({"server": {"listen": ["127.0.0.1:0"], "timeouts": {"grace": ")";
  return text.append(grace)
      .append(R"("}}, "root": ")")
      .append(directory.path().string())
      .append(R"(", "chain": [{"plugin": "access_log"}, {"plugin": "static_file"}]})");
}

/// What is in the bits of a thread's SigBlk, proc(5).
std::uint64_t blocked_signals(const fs::path& status) {
  std::ifstream lines(status);
  for (std::string line; std::getline(lines, line);) {
    const std::string_view name = "SigBlk:";
    if (line.starts_with(name)) return std::stoull(line.substr(name.size()), nullptr, 16);
  }
  throw std::runtime_error(status.string() + " does not say which signals are blocked");
}

/// A client that has read the head of a large response, and no more yet.
SocketClient start_large_download(const RunningServer& server) {
  SocketClient client = server.connect();
  client.send("GET /large HTTP/1.1\r\nHost: test\r\n\r\n");
  CHECK_FALSE(client.at_end());
  return client;
}

}  // namespace

TEST_CASE("SIGTERM and SIGINT close idle connections at once and exit with 0", "[e2e]") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  const TempDir directory;
  directory.write("index.html", "home");
  RunningServer server(serving(directory));
  SocketClient kept = server.connect();
  CHECK(kept.get("/").status == 200);
  SocketClient silent = server.connect();
  CHECK(server.connect().get("/").status == 200);

  server.process().signal(signal);
  CHECK(kept.at_end());
  CHECK(silent.at_end());
  CHECK(server.process().wait() == 0);
  CHECK_THROWS(server.connect());
}

TEST_CASE("only the first thread takes the signals that the server is told things by", "[e2e]") {
  const std::string model = GENERATE("parked", "dedicated");
  const TempDir directory;
  directory.write("page", "page");
  std::string text = R"({"server": {"listen": ["127.0.0.1:0"], "threads": {"model": ")";
  text.append(model)
      .append(R"("}}, "root": ")")
      .append(directory.path().string())
      .append(R"(", "chain": [{"plugin": "access_log", "file": ")")
      .append((directory.path() / "access.log").string())
      .append(R"("}, {"plugin": "static_file"}]})");
  RunningServer server(RunningServer::with_configuration(directory, text),
                       RunningServer::AsConfigured{});
  SocketClient client = server.connect();
  CHECK(client.get("/page").status == 200);

  std::size_t others = 0;
  const std::string first = std::to_string(server.process().pid());
  for (const auto& thread : fs::directory_iterator("/proc/" + first + "/task")) {
    const bool is_first = thread.path().filename() == first;
    const std::uint64_t blocked = blocked_signals(thread.path() / "status");
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
      CAPTURE(model, thread.path(), signal);
      CHECK((blocked >> (signal - 1) & 1) == (is_first ? 0 : 1));
    }
    if (!is_first) ++others;
  }
  CHECK(others >= 3);  // for the connection, the log and the files that are kept
  CHECK(server.stop() == 0);
}

TEST_CASE("an exchange in flight finishes within the grace", "[e2e]") {
  const TempDir directory;
  directory.write("large", std::string(large, 'x'));
  RunningServer server(
      RunningServer::with_configuration(directory, configuration(directory, "20s")),
      RunningServer::AsConfigured{});
  SocketClient client = start_large_download(server);
  server.process().signal(SIGTERM);
  server.process().wait_for_errors("stopping");
  const HttpResponse response = client.read_response();
  CHECK(response.complete);
  CHECK(response.body.size() == large);
  CHECK(client.at_end());
  CHECK(server.process().wait() == 0);
}

TEST_CASE("what is stuck after the grace is named, logs are flushed, the exit code is 1", "[e2e]") {
  const TempDir directory;
  directory.write("large", std::string(large, 'x'));
  directory.write("small", "small");
  RunningServer server(
      RunningServer::with_configuration(directory, configuration(directory, "100ms")),
      RunningServer::AsConfigured{});
  CHECK(server.connect().get("/small").status == 200);
  SocketClient client = start_large_download(server);
  CHECK(server.stop() == 1);
  CHECK_THAT(server.process().errors(),
             ContainsSubstring("sending on \"GET /large HTTP/1.1\" from 127.0.0.1"));
  CHECK_THAT(server.process().output(), ContainsSubstring("\"GET /small HTTP/1.1\" 200 5"));
}

TEST_CASE("a second signal ends at once", "[e2e]") {
  const TempDir directory;
  directory.write("large", std::string(large, 'x'));
  RunningServer server(RunningServer::with_configuration(directory, configuration(directory, "1h")),
                       RunningServer::AsConfigured{});
  SocketClient client = start_large_download(server);
  server.process().signal(SIGTERM);
  server.process().wait_for_errors("stopping");
  CHECK(server.process().running());
  CHECK(server.stop() == 1);
}

TEST_CASE("a local socket is served and its file removed at the end", "[e2e]") {
  const TempDir directory;
  directory.write("site/index.html", "home");
  const std::string path = (directory / "socket").string();
  Process process(CATENA_BINARY,
                  RunningServer::with_configuration(
                      directory, R"({"server": {"listen": ["unix:)" + path +
                                     R"("]}, "root": "site", "chain": [{"plugin": "access_log"},
                                         {"plugin": "index_resolver"}, {"plugin": "static_file"}]})"));
  process.wait_for_output("[*] Server listening on unix:" + path + "\n");
  CHECK(SocketClient(path).get("/").body == "home");
  process.signal(SIGTERM);
  CHECK(process.wait() == 0);
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_THAT(process.output(), ContainsSubstring("unix: - - ["));
}
