// What happens when there is not enough of something.

#include <exception>
#include <string>
#include <vector>

#include "e2e/running_server.hpp"
#include "support/catch.hpp"

using namespace catena::testing;

namespace {

constexpr std::string_view two_connections = R"({
  "server": {"listen": ["127.0.0.1:0"], "limits": {"connections": 2}},
  "root": "site",
  "chain": [{"plugin": "index_resolver"}, {"plugin": "static_file"}]})";

}  // namespace

TEST_CASE("an idle connection makes room for a new one", "[e2e]") {
  const TempDir directory;
  directory.write("site/index.html", "home");
  RunningServer server(RunningServer::with_configuration(directory, two_connections),
                       RunningServer::AsConfigured{});
  std::vector<SocketClient> idle;
  for (int number = 0; number < 2; ++number) {
    idle.push_back(server.connect());
    CHECK(idle.back().get("/").status == 200);
  }
  SocketClient newest = server.connect();
  CHECK(newest.get("/").status == 200);
  // Which of the two has been idle longer is for the server to know: it had to give up just one.
  int closed = 0;
  for (SocketClient& client : idle) {
    try {
      client.get("/");
    } catch (const std::exception&) {
      ++closed;
    }
  }
  CHECK(closed == 1);
}

TEST_CASE("running out of descriptors is logged, survived and got over", "[e2e]") {
  const TempDir directory;
  directory.write("index.html", "home");
  Process::Setup setup = serving(directory);
  setup.most_descriptors = 40;
  RunningServer server(std::move(setup));
  std::vector<SocketClient> clients;
  for (int number = 0; number < 60; ++number) clients.push_back(server.connect());
  clients.clear();
  // Whatever was refused meanwhile, the next ones are served.
  eventually([&] {
    try {
      return server.connect().get("/").status == 200;
    } catch (const std::exception&) {
      return false;
    }
  });
  CHECK(server.stop() == 0);
}

TEST_CASE("a slow head is answered 408, others are served meanwhile", "[e2e]") {
  const TempDir directory;
  directory.write("site/index.html", "home");
  RunningServer server(RunningServer::with_configuration(directory, R"({
    "server": {"listen": ["127.0.0.1:0"], "timeouts": {"head": "200ms"}},
    "root": "site", "chain": [{"plugin": "index_resolver"}, {"plugin": "static_file"}]})"),
                       RunningServer::AsConfigured{});
  SocketClient slow = server.connect();
  slow.send("GET / HTTP/1.1\r\nHost: te");
  CHECK(server.connect().get("/").status == 200);
  CHECK(slow.read_response().status == 408);
  CHECK(slow.at_end());
}

TEST_CASE("an idle connection is closed without a word", "[e2e]") {
  const TempDir directory;
  directory.write("site/index.html", "home");
  RunningServer server(RunningServer::with_configuration(directory, R"({
    "server": {"listen": ["127.0.0.1:0"], "timeouts": {"idle": "100ms"}},
    "root": "site", "chain": [{"plugin": "index_resolver"}, {"plugin": "static_file"}]})"),
                       RunningServer::AsConfigured{});
  SocketClient client = server.connect();
  CHECK(client.get("/").status == 200);
  CHECK(client.at_end());
}

TEST_CASE("a reader that takes nothing is cut, a half-closed client gets its answer", "[e2e]") {
  const TempDir directory;
  directory.write("site/index.html", "home");
  directory.write("site/large", std::string(64 * 1024 * 1024, 'x'));
  RunningServer server(RunningServer::with_configuration(directory, R"({
    "server": {"listen": ["127.0.0.1:0"], "timeouts": {"stall": "200ms"}},
    "root": "site", "chain": [{"plugin": "access_log", "format": "json"},
      {"plugin": "index_resolver"}, {"plugin": "static_file"}]})"),
                       RunningServer::AsConfigured{});
  SocketClient stalled = server.connect();
  stalled.send("GET /large HTTP/1.1\r\nHost: test\r\n\r\n");
  SocketClient half_closed = server.connect();
  half_closed.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  half_closed.finish_sending();
  CHECK(half_closed.read_response().body == "home");
  server.process().wait_for_output("too_slow");
  CHECK(stalled.read_to_end().size() < 64 * 1024 * 1024);
}
