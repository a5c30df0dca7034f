#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "e2e/running_server.hpp"
#include "support/catch.hpp"

using namespace catena::testing;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

}  // namespace

TEST_CASE("every request has its line, refused and aborted ones too", "[e2e]") {
  const TempDir directory;
  directory.write("index.html", "home");
  directory.write("large", std::string(64 * 1024 * 1024, 'x'));
  RunningServer server(serving(directory));
  CHECK(server.connect().get("/").status == 200);
  SocketClient bad = server.connect();
  bad.send("GET /bad path HTTP/1.1\r\n\r\n");
  CHECK(bad.read_response().status == 400);
  SocketClient aborting = server.connect();
  aborting.send("GET /large HTTP/1.1\r\nHost: test\r\n\r\n");
  CHECK_FALSE(aborting.at_end());
  aborting.reset();
  server.process().wait_for_output("/large");
  CHECK(server.stop() == 0);

  const std::string log = server.process().output();
  CHECK(count(log, "127.0.0.1 - - [") == 3);
  CHECK_THAT(log, ContainsSubstring("\"GET / HTTP/1.1\" 200 4\n"));
  CHECK_THAT(log, ContainsSubstring("\" 400 "));
  CHECK_THAT(log, ContainsSubstring("\"GET /large HTTP/1.1\" 200 "));
  CHECK(count(log, " 67108864\n") == 0);
}

TEST_CASE("lines of concurrent requests are whole, and all there", "[e2e]") {
  const TempDir directory;
  directory.write("index.html", "home");
  RunningServer server(serving(directory));
  std::vector<std::thread> clients;
  for (int number = 0; number < 8; ++number) {
    clients.emplace_back([&server] {
      SocketClient client = server.connect();
      for (int request = 0; request < 250; ++request) client.get("/?some=query");
    });
  }
  for (std::thread& client : clients) client.join();
  CHECK(server.stop() == 0);
  const std::string log = server.process().output();
  CHECK(count(log, "127.0.0.1 - - [") == 2000);
  CHECK(count(log, "] \"GET /?some=query HTTP/1.1\" 200 4\n") == 2000);
}

TEST_CASE("SIGUSR1 reopens the file after a rotation", "[e2e]") {
  const TempDir directory;
  directory.write("site/index.html", "home");
  RunningServer server(RunningServer::with_configuration(directory, R"({
    "server": {"listen": ["127.0.0.1:0"]}, "root": "site",
    "chain": [{"plugin": "access_log", "file": "access.log"}, {"plugin": "static_file"}]})"),
                       RunningServer::AsConfigured{});
  SocketClient client = server.connect();
  client.get("/before");
  client.get("/between");  // its answer comes after the line of the one before
  std::filesystem::rename(directory / "access.log", directory / "access.log.1");
  server.process().signal(SIGUSR1);
  eventually([&] { return std::filesystem::exists(directory / "access.log"); });
  client.get("/after");
  CHECK(server.stop() == 0);
  CHECK_THAT(read_file(directory / "access.log.1"), ContainsSubstring("GET /before"));
  CHECK(count(read_file(directory / "access.log.1"), "/after") == 0);
  CHECK_THAT(read_file(directory / "access.log"), ContainsSubstring("GET /after"));
}

TEST_CASE("a log that nobody reads delays no request, and the loss is told", "[e2e]") {
  const TempDir directory;
  directory.write("index.html", "home");
  std::array<int, 2> pipe{};
  REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
  const catena::UniqueFd reader(pipe[0]);
  const catena::UniqueFd writer(pipe[1]);

  Process::Setup setup = serving(directory, {"--port", "0"});
  setup.output = writer.get();
  Process process(CATENA_BINARY, std::move(setup));
  std::string first_line;
  for (char c = 0; c != '\n'; first_line.push_back(c)) REQUIRE(::read(reader.get(), &c, 1) == 1);
  SocketClient client(
      static_cast<std::uint16_t>(std::stoi(first_line.substr(first_line.rfind(':') + 1))));

  // Ten megabytes of lines: more than the pipe and every buffer hold.
  const std::string target = "/?" + std::string(4000, 'x');
  for (int request = 0; request < 2500; ++request) REQUIRE(client.get(target).status == 200);
  process.signal(SIGTERM);
  CHECK(process.wait() == 0);
  CHECK_THAT(process.errors(), ContainsSubstring("lines lost"));
}
