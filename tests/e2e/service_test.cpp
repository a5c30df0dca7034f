// What a service manager and the server do for one another, as systemd has it: sockets are handed
// over, and the server tells that it is ready.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>

#include "catena/http/unique_fd.hpp"
#include "e2e/running_server.hpp"
#include "support/catch.hpp"

using namespace catena::testing;
using catena::UniqueFd;

namespace {

UniqueFd bound_to_loopback(int type) {
  UniqueFd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

UniqueFd listening_tcp() {
  UniqueFd fd = bound_to_loopback(SOCK_STREAM);
  REQUIRE(::listen(fd.get(), 16) == 0);
  return fd;
}

sockaddr_un local_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

UniqueFd listening_local(const std::filesystem::path& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = local_address(path.string());
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(fd.get(), 16) == 0);
  return fd;
}

std::uint16_t port_of(const UniqueFd& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.sin_port);
}

struct Site {
  TempDir directory;
  Site() { directory.write("index.html", "home"); }

  Process::Setup taking(std::vector<int> sockets) const {
    // An address that can't be had shows that nothing else is listened on.
    Process::Setup setup = serving(directory, {"--host", "192.0.2.1", "--port", "9"});
    setup.handed_over = std::move(sockets);
    return setup;
  }
};

}  // namespace

TEST_CASE("sockets that are handed over take the place of the configured addresses",
          "[e2e][service]") {
  const Site site;
  const TempDir run;
  const auto path = run / "catena.sock";
  const UniqueFd tcp = listening_tcp();
  const UniqueFd local = listening_local(path);
  SocketClient early(port_of(tcp));  // waits in the socket until the server is there

  RunningServer server(site.taking({tcp.get(), local.get()}), RunningServer::AsConfigured{});
  server.process().wait_for_output("unix:");
  CHECK(server.process().output() ==
        "[*] Server listening on http://127.0.0.1:" + std::to_string(port_of(tcp)) +
            "\n[*] Server listening on unix:" + path.string() + "\n");
  CHECK(early.get("/").body == "home");
  CHECK(SocketClient(port_of(tcp)).get("/").body == "home");
  CHECK(SocketClient(path.string()).get("/").body == "home");

  CHECK(server.stop() == 0);
  // Whoever opened them goes on listening, and may start another server behind them.
  CHECK(std::filesystem::exists(path));
  SocketClient late(port_of(tcp));
  RunningServer next(site.taking({tcp.get()}), RunningServer::AsConfigured{});
  CHECK(late.get("/").body == "home");
  CHECK(next.stop() == 0);
}

TEST_CASE("a reload leaves sockets that were handed over as they are", "[e2e][service]") {
  const TempDir directory;
  directory.write("old/index.html", "old");
  directory.write("new/index.html", "new");
  const auto configure = [&directory](const std::string& port, const std::string& root) {
    directory.write("site.json", R"({"server": {"listen": ["192.0.2.1:)" + port +
                                     R"("]}, "root": ")" + root +
                                     R"(", "chain": [{"plugin": "index_resolver"},
                                                            {"plugin": "static_file"}]})");
  };
  configure("9", "old");
  const UniqueFd tcp = listening_tcp();
  Process::Setup setup;
  setup.arguments = {"--config", (directory / "site.json").string()};
  setup.environment = {{"RUNTIME_DIRECTORY", (directory / "run").string()}};
  setup.handed_over = {tcp.get()};
  std::filesystem::create_directory(directory / "run");
  RunningServer server(std::move(setup), RunningServer::AsConfigured{});
  SocketClient client = server.connect();
  CHECK(client.get("/").body == "old");

  configure("10", "new");
  const Finished reload =
      run(CATENA_BINARY, {{"reload", "--pid", std::to_string(server.process().pid())},
                          {},
                          {{"RUNTIME_DIRECTORY", (directory / "run").string()}},
                          0,
                          -1});
  CHECK(reload.exit_code == 0);
  CHECK(reload.errors.empty());
  CHECK_THAT(reload.output, ContainsSubstring("not in force, sockets were handed over"));
  CHECK(client.get("/").body == "new");
  CHECK(server.connect().get("/").body == "new");
  CHECK(server.stop() == 0);
}

TEST_CASE("sockets for another process are left alone", "[e2e][service]") {
  const Site site;
  Process::Setup setup = serving(site.directory);
  setup.environment = {{"LISTEN_PID", std::to_string(::getpid())}, {"LISTEN_FDS", "1"}};
  RunningServer server(std::move(setup));
  CHECK(server.connect().get("/").body == "home");
  CHECK(server.stop() == 0);
}

TEST_CASE("what is handed over and can't be listened on is exit code 1, and told",
          "[e2e][service]") {
  const Site site;
  const auto complaint_about = [&site](std::vector<int> sockets) {
    const Finished finished = run(CATENA_BINARY, site.taking(std::move(sockets)));
    CHECK(finished.exit_code == 1);
    CHECK(finished.output.empty());
    return finished.errors;
  };
  const std::string advice = "; a unit of systemd needs ListenStream= and Accept=no\n";
  const UniqueFd good = listening_tcp();
  const UniqueFd datagram = bound_to_loopback(SOCK_DGRAM);
  const UniqueFd silent = bound_to_loopback(SOCK_STREAM);
  const UniqueFd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));

  const std::string third = "catena: descriptor 3, handed over by LISTEN_FDS, ";
  CHECK(complaint_about({datagram.get()}) == third + "is no stream socket" + advice);
  CHECK(complaint_about({silent.get()}) == third + "does not listen" + advice);
  CHECK(complaint_about({netlink.get()}) == third + "is neither a TCP nor a local socket" + advice);
  CHECK(complaint_about({STDIN_FILENO}) == third + "is no socket" + advice);
  CHECK(complaint_about({good.get(), silent.get()}) ==
        "catena: descriptor 4, handed over by LISTEN_FDS, does not listen" + advice);
}

TEST_CASE("whoever asks to be told is told when the server is ready", "[e2e][service]") {
  const Site site;
  const TempDir run;
  const std::string path = (run / "notify").string();
  const UniqueFd manager(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_un address = local_address(path);
  REQUIRE(::bind(manager.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const timeval patience{20, 0};
  ::setsockopt(manager.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);

  Process::Setup setup = serving(site.directory);
  setup.environment = {{"NOTIFY_SOCKET", path}};
  RunningServer server(std::move(setup));
  std::array<char, 64> buffer{};
  const auto length = ::recv(manager.get(), buffer.data(), buffer.size(), 0);
  REQUIRE(length > 0);
  CHECK(std::string(buffer.data(), static_cast<std::size_t>(length)) == "READY=1");
  CHECK(server.connect().get("/").body == "home");
  CHECK(server.stop() == 0);
}

TEST_CASE("a service manager that is not there does not keep the server from serving",
          "[e2e][service]") {
  const Site site;
  Process::Setup setup = serving(site.directory);
  setup.environment = {{"NOTIFY_SOCKET", (site.directory / "nobody").string()}};
  RunningServer server(std::move(setup));
  CHECK(server.connect().get("/").body == "home");
  CHECK(server.stop() == 0);
  CHECK_THAT(server.process().errors(), ContainsSubstring("can't tell the service manager"));
}

TEST_CASE("the configuration of the package is right", "[e2e][service]") {
  const std::filesystem::path tree = CATENA_SOURCE_DIR;
  const Finished finished =
      run(CATENA_BINARY,
          {{"check", "--config", tree / "server/packaging/server.json", "--root", tree / "webroot"},
           {},
           {},
           0,
           -1});
  CHECK(finished.errors.empty());
  CHECK(finished.exit_code == 0);
}
