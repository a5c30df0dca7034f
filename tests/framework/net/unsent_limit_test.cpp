#include "catena/net/unsent_limit.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "catena/http/unique_fd.hpp"
#include "catena/net/socket_stream.hpp"
#include "support/catch.hpp"
#include "support/socket_client.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using namespace catena::testing;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t large = 64 * 1024 * 1024;

/// A socket that listens at a free port of 127.0.0.1, as the server has them.
class Listening {
 public:
  Listening() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    REQUIRE(socket_);
    const int little = UnsentLimit::little;
    ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &little, sizeof little);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const place = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket_.get(), place, size) == 0);
    REQUIRE(::listen(socket_.get(), 1) == 0);
    REQUIRE(::getsockname(socket_.get(), place, &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  std::uint16_t port() const { return port_; }
  UniqueFd accept() const {
    return UniqueFd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }

 private:
  UniqueFd socket_;
  std::uint16_t port_ = 0;
};

/// A connection over TCP as the server accepts it, and the client at its other end.
class TcpPair {
 public:
  explicit TcpPair(const Listening& listening = {})
      : client(listening.port()), server(listening.accept()) {
    REQUIRE(server);
  }

  /// TCP_NOTSENT_LOWAT.
  int unsent() const {
    int value = 0;
    socklen_t size = sizeof value;
    REQUIRE(::getsockopt(server.get(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, &size) == 0);
    return value;
  }
  /// Reads what has arrived.
  void read() const {
    std::array<char, 64 * 1024> buffer;
    while (::recv(client.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
    }
  }

  SocketClient client;
  UniqueFd server;
};

/// Blocks twice: between, the socket takes this much in this time.
bool block(UnsentLimit& limit, int socket, std::uint64_t taken, std::chrono::milliseconds time) {
  const Deadline begin{1h};
  CHECK_FALSE(limit.blocked(socket, 10'000'000, begin));
  return limit.blocked(socket, taken, begin + time);
}

}  // namespace

TEST_CASE("the kernel may hold little for a client, until it is found fast", "[unsent_limit]") {
  const TcpPair pair;
  UnsentBudget budget(1);
  UnsentLimit limit(budget);
  CHECK(pair.unsent() == UnsentLimit::little);
  SECTION("one that takes a portion soon gets more, once") {
    CHECK(block(limit, pair.server.get(), 64 * 1024, 20ms));
    CHECK(pair.unsent() == UnsentLimit::much);
    CHECK_FALSE(limit.blocked(pair.server.get(), 64 * 1024, Deadline{1h} + 40ms));
  }
  SECTION("one that takes it later does not, until it is faster") {
    CHECK_FALSE(block(limit, pair.server.get(), 64 * 1024, 21ms));
    CHECK(pair.unsent() == UnsentLimit::little);
    CHECK(limit.blocked(pair.server.get(), 64 * 1024, Deadline{1h} + 41ms));
    CHECK(pair.unsent() == UnsentLimit::much);
  }
  SECTION("nor does one for which the sender is woken often, and takes little each time") {
    CHECK_FALSE(block(limit, pair.server.get(), 1000, 1ms));
    for (int time = 2; time <= 1000; ++time) {
      CHECK_FALSE(limit.blocked(pair.server.get(), 1000, Deadline{1h} + time * 1ms));
    }
    CHECK(pair.unsent() == UnsentLimit::little);
  }
}

TEST_CASE("the kernel may hold much for as many clients as the budget says", "[unsent_limit]") {
  const TcpPair pair;
  const TcpPair other;
  UnsentBudget budget(1);
  UnsentLimit limit(budget);
  UnsentLimit next(budget);
  CHECK(block(limit, pair.server.get(), 64 * 1024, 1ms));
  CHECK_FALSE(block(next, other.server.get(), 64 * 1024, 1ms));
  CHECK(other.unsent() == UnsentLimit::little);
  limit.end();
  CHECK(next.blocked(other.server.get(), 64 * 1024, Deadline{1h} + 2ms));
  CHECK(other.unsent() == UnsentLimit::much);
}

TEST_CASE("a socket that the limit does not apply to takes nothing from the budget",
          "[unsent_limit]") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const UniqueFd local(ends[0]);
  const UniqueFd local_client(ends[1]);
  const TcpPair pair;
  UnsentBudget budget(1);
  UnsentLimit of_local(budget);
  UnsentLimit limit(budget);
  CHECK_FALSE(block(of_local, local.get(), 64 * 1024, 1ms));
  CHECK(block(limit, pair.server.get(), 64 * 1024, 1ms));
}

TEST_CASE("little of a file waits for a client that does not read, and much for one that does",
          "[unsent_limit][socket_stream]") {
  const TempDir dir;
  const UniqueFd file(::open((dir.path() / "large").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  REQUIRE(::ftruncate(file.get(), large) == 0);
  const TcpPair pair;
  UnsentBudget budget(1);
  UnsentLimit limit(budget);
  SocketStream stream(pair.server.get(), &limit);
  stream.wait_in_place(false);
  Pace pace(1h, 0);
  const IoResult first = stream.send_file(file.get(), 0, large, pace);
  CHECK(first.status == IoStatus::blocked);
  // What is on its way as well, which the client's buffer has room for.
  CHECK(first.size <= 1024 * 1024);
  // It is as fast as the machine, which another program may keep busy for a while.
  for (int times = 0; times < 10'000 && pair.unsent() == UnsentLimit::little; ++times) {
    pair.read();
    CHECK(stream.send_file(file.get(), 0, large, pace).status == IoStatus::blocked);
  }
  CHECK(pair.unsent() == UnsentLimit::much);
}
