#include "catena/serve/server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "framework/serve/running_server.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"
#include "support/socket_client.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using namespace catena::testing;
using namespace std::chrono_literals;

namespace {

void send_get(SocketClient& client, std::string_view path) {
  client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n\r\n");
}

UniqueFd local_socket(const std::filesystem::path& path) {
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return socket;
}

/// The port that the function, getsockname or getpeername, tells of a socket over IPv4.
template <typename Name>
std::optional<std::uint16_t> port_by(Name name, int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (name(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return std::nullopt;
  if (address.sin_family != AF_INET) return std::nullopt;
  return ntohs(address.sin_port);
}

/// The server's end, which is in this process as well, of a client's connection.
int other_end(const SocketClient& client) {
  const auto port = port_by(::getpeername, client.fd());
  const auto client_port = port_by(::getsockname, client.fd());
  constexpr int behind_all = 1024;
  for (int socket = 0; socket < behind_all; ++socket) {
    if (port_by(::getsockname, socket) == port && port_by(::getpeername, socket) == client_port) {
      return socket;
    }
  }
  throw std::runtime_error("the server has no such connection");
}

std::string congestion_control(int socket) {
  std::array<char, 32> name{};
  auto size = static_cast<socklen_t>(name.size());
  REQUIRE(::getsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, name.data(), &size) == 0);
  return name.data();
}

/// What `listen` throws.
std::string listening_fails_with(const Settings& settings) {
  Server server(generation(answer_path, settings), {});
  try {
    server.listen();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a server serves", "[server]") {
  RunningServer server;
  CHECK(server.urls() == std::vector{"http://127.0.0.1:" + std::to_string(server.port())});
  SocketClient client = server.connect();
  CHECK(client.get("/first").body == "/first");
  CHECK(client.get("/second").body == "/second");
  CHECK(server.connect().get("/third").body == "/third");
}

TEST_CASE("a server serves many at once", "[server]") {
  constexpr int count = 50;
  std::latch all(count);
  RunningServer server([&](Exchange& exchange, Next&) {
    all.arrive_and_wait();  // nobody is answered before everybody is at work
    answer(exchange, exchange.path());
  });
  std::vector<SocketClient> clients;
  for (int number = 0; number < count; ++number) {
    clients.push_back(server.connect());
    send_get(clients.back(), "/" + std::to_string(number));
  }
  for (int number = 0; number < count; ++number) {
    CHECK(clients[static_cast<std::size_t>(number)].read_response().body ==
          "/" + std::to_string(number));
  }
}

TEST_CASE("handlers are told who asks", "[server]") {
  std::string address;
  RunningServer server([&](Exchange& exchange, Next&) {
    address = exchange.client.address + (exchange.client.port != 0 ? ", a port" : "");
  });
  server.connect().get("/");
  CHECK(address == "127.0.0.1, a port");
}

TEST_CASE("a server listens on IPv6", "[server]") {
  const UniqueFd socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    WARN("not tried: this machine has no IPv6 loopback");
    return;
  }
  std::string client_address;
  RunningServer server(
      [&](Exchange& exchange, Next&) {
        client_address = exchange.client.address;
        answer(exchange, "v6");
      },
      listening_on("[::1]:0"));
  CHECK(server.urls() == std::vector{"http://[::1]:" + std::to_string(server.port())});
  UniqueFd connection(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  address.sin6_port = htons(server.port());
  REQUIRE(::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address),
                    sizeof address) == 0);
  CHECK(SocketClient(std::move(connection)).get("/").body == "v6");
  CHECK(client_address == "::1");
}

TEST_CASE("nothing that is sent to a client on the same machine is spaced out", "[server]") {
  RunningServer server;
  SocketClient client = server.connect();
  CHECK(client.get("/").body == "/");  // so it has been accepted
  CHECK(congestion_control(other_end(client)) == "reno");
}

TEST_CASE("a server listens on several addresses, local sockets among them", "[server]") {
  const TempDir directory;
  const std::string path = (directory / "socket").string();
  Settings settings = listening_on("127.0.0.1:0");
  settings.listen.push_back("unix:" + path);
  std::string address;
  RunningServer server(
      [&](Exchange& exchange, Next&) {
        address = exchange.client.address;
        answer(exchange, "here");
      },
      settings);
  REQUIRE(server.urls().size() == 2);
  CHECK(server.urls()[1] == "unix:" + path);
  CHECK(SocketClient(path).get("/").body == "here");
  CHECK(address == "unix:");
  CHECK(server.connect().get("/").body == "here");
  server.stop();
  CHECK(server.wait() == Server::Ended::clean);
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("the file of a local socket", "[server]") {
  const TempDir directory;
  const auto path = directory / "socket";
  const Settings settings = listening_on("unix:" + path.string());
  SECTION("left by a server that is gone: taken over") {
    local_socket(path).reset();
    RunningServer server(answer_path, settings);
    CHECK(SocketClient(path.string()).get("/here").body == "/here");
  }
  SECTION("in use: stays") {
    const UniqueFd other = local_socket(path);
    REQUIRE(::listen(other.get(), 1) == 0);
    CHECK_THAT(listening_fails_with(settings),
               ContainsSubstring(
                   "can't listen on unix:" + path.string() +
                   ": Address already in use; remove what is there, or choose another path"));
    CHECK_NOTHROW(SocketClient(path.string()));
  }
  SECTION("no socket at all: stays") {
    directory.write("socket", "precious");
    CHECK_THAT(listening_fails_with(settings),
               ContainsSubstring("can't listen on unix:" + path.string()));
    CHECK(read_file(path) == "precious");
  }
}

TEST_CASE("what is wrong with an address is said", "[server]") {
  const RunningServer other;
  const std::string taken = "127.0.0.1:" + std::to_string(other.port());
  CHECK(listening_fails_with(listening_on(taken)) ==
        "can't listen on " + taken +
            ": Address already in use; another program listens there: stop it, or choose another "
            "port");
  CHECK(listening_fails_with(listening_on("192.0.2.1:0")) ==
        "can't listen on 192.0.2.1:0: Cannot assign requested address; it is no address of this "
        "machine");
  CHECK(listening_fails_with(listening_on("nonsense")) ==
        "\"nonsense\" is no address to listen on");
}

TEST_CASE("a server that has nothing to do stops at once", "[server]") {
  RunningServer server;
  server.stop();
  CHECK(server.wait() == Server::Ended::clean);
  CHECK_THROWS_AS(server.connect(), std::system_error);
}

TEST_CASE("a server may end without having run", "[server]") {
  const Settings settings = listening_on("127.0.0.1:0");
  Server server(generation(answer_path, settings), {});
  CHECK(server.listen().size() == 1);
  server.stop();
}

TEST_CASE("stopping closes the idle at once and lets exchanges finish", "[server]") {
  Gate gate;
  RunningServer server(gate.handler());
  SocketClient silent = server.connect();
  SocketClient idle = server.connect();
  CHECK(idle.get("/").status == 200);
  SocketClient at_work = server.connect();
  send_get(at_work, "/wait");
  gate.entered.wait();

  server.stop();
  CHECK(idle.at_end());
  CHECK(silent.at_end());
  CHECK_THROWS_AS(server.connect(), std::system_error);
  gate.released.count_down();
  const HttpResponse response = at_work.read_response();
  CHECK(response.body == "/wait");
  CHECK(response.header("Connection") == "close");
  CHECK(at_work.at_end());
  CHECK(server.wait() == Server::Ended::clean);
}

TEST_CASE("what outlasts the grace is told", "[server]") {
  Gate gate;
  Settings settings = listening_on("127.0.0.1:0");
  settings.timeouts.grace = 10ms;
  RunningServer server(gate.handler(), settings);
  SocketClient at_work = server.connect();
  send_get(at_work, "/wait");
  gate.entered.wait();
  server.stop();
  CHECK(server.wait() == Server::Ended::stuck);
  gate.released.count_down();
  CHECK(at_work.read_response().body == "/wait");
}

TEST_CASE("who has not sent a whole request by the end of the grace holds nothing up", "[server]") {
  Settings settings = listening_on("127.0.0.1:0");
  settings.timeouts.grace = 10ms;
  RunningServer server(answer_path, settings);
  SocketClient half = server.connect();
  half.send("GET / HTTP/1.1\r\nHo");
  SocketClient other = server.connect();
  CHECK(other.get("/").status == 200);
  server.stop();
  CHECK(server.wait() == Server::Ended::clean);
}

TEST_CASE("as many connections as the limit allows stay open", "[server]") {
  Settings settings = listening_on("127.0.0.1:0");
  settings.limits.connections = 2;
  RunningServer server(answer_path, settings);
  SocketClient first = server.connect();
  SocketClient second = server.connect();
  for (int round = 0; round < 2000; ++round) {
    REQUIRE(first.get("/first").body == "/first");
    REQUIRE(second.get("/second").body == "/second");
  }
}

TEST_CASE("at the limit an idle connection makes room for a new one", "[server]") {
  // Which of them has been idle longest is the table's business, and only the server can know: a
  // client has its answer before its connection is idle.
  Settings settings = listening_on("127.0.0.1:0");
  settings.limits.connections = 2;
  RunningServer server(answer_path, settings);
  SocketClient first = server.connect();
  CHECK(first.get("/").status == 200);
  SocketClient second = server.connect();
  CHECK(second.get("/").status == 200);
  SocketClient newest = server.connect();
  CHECK(newest.get("/new").body == "/new");
  std::array<pollfd, 2> idle{pollfd{first.fd(), POLLIN, 0}, pollfd{second.fd(), POLLIN, 0}};
  REQUIRE(::poll(idle.data(), idle.size(), 10'000) > 0);
  CHECK((idle[0].revents != 0 ? first : second).at_end());
}

TEST_CASE("at the limit with none idle a new one waits until one is", "[server]") {
  Gate gate;
  Settings settings = listening_on("127.0.0.1:0");
  settings.limits.connections = 1;
  RunningServer server(gate.handler(), settings);
  SocketClient at_work = server.connect();
  send_get(at_work, "/wait");
  gate.entered.wait();
  SocketClient waiting = server.connect();
  send_get(waiting, "/new");
  gate.released.count_down();
  CHECK(at_work.read_response().body == "/wait");
  CHECK(waiting.read_response().body == "/new");
  CHECK(at_work.at_end());
}

TEST_CASE("a server that was full goes on as before once it is not", "[server]") {
  Settings settings = listening_on("127.0.0.1:0");
  settings.limits.connections = 2;
  settings.threads.model = GENERATE(Threads::Model::parked, Threads::Model::dedicated);
  RunningServer server(answer_path, settings);
  for (int round = 0; round < 30; ++round) {
    std::vector<SocketClient> clients;
    for (int number = 0; number < 4; ++number) {
      clients.push_back(server.connect());
      REQUIRE(clients.back().get("/crowd").body == "/crowd");
    }
    clients.clear();
    REQUIRE(server.connect().get("/alone").body == "/alone");
  }
}

TEST_CASE("clients that reset or vanish harm nobody", "[server]") {
  RunningServer server(
      [](Exchange& exchange, Next&) { answer(exchange, std::string(1'000'000, 'x')); });
  for (int round = 0; round < 20; ++round) {
    SocketClient resets = server.connect();
    send_get(resets, "/");
    resets.reset();
    SocketClient half = server.connect();
    half.send("GET / HT");
    half.reset();
  }
  CHECK(server.connect().get("/").body.size() == 1'000'000);
}

TEST_CASE("a body that drips is cut by its rate, though it never falls silent", "[server]") {
  Settings settings = listening_on("127.0.0.1:0");
  settings.timeouts.stall = 1s;
  settings.limits.bytes_per_second = 1000;
  RunningServer server([](Exchange& exchange, Next&) { echo(exchange); }, settings);
  SocketClient slow = server.connect();
  slow.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 100000\r\n\r\n");
  const auto began = std::chrono::steady_clock::now();
  try {
    for (;;) {
      slow.send("x");
      CHECK(server.connect().get("/").status == 200);
      if (std::chrono::steady_clock::now() - began > 8s) break;
      pollfd answer{slow.fd(), POLLIN, 0};
      if (::poll(&answer, 1, 50) > 0) break;
    }
  } catch (const std::system_error&) {  // cut while we were sending
  }
  CHECK(std::chrono::steady_clock::now() - began < 8s);
  const HttpResponse response = slow.read_response();
  CHECK(response.status == 408);
  CHECK(response.header("Connection") == "close");
}
