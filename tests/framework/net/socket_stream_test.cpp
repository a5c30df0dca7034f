#include "catena/net/socket_stream.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "catena/http/unique_fd.hpp"
#include "support/catch.hpp"
#include "support/socket_client.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using namespace catena::testing;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

/// A stream, and the client at its other end.
class Pair {
 public:
  Pair() : Pair(connected()) {}

  /// So small that any larger write has to wait for the other side.
  void take_little() {
    const int size = 1;
    ::setsockopt(server_.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  }

 private:
  static std::array<int, 2> connected() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    return ends;
  }
  explicit Pair(std::array<int, 2> ends)
      : server_(ends[0]), client(UniqueFd(ends[1])), stream(server_.get()) {
    // As a server does; sendfile has no flag for it.
    std::signal(SIGPIPE, SIG_IGN);
  }

  UniqueFd server_;

 public:
  SocketClient client;
  SocketStream stream;
};

/// Text in which no two places look alike.
std::string numbers(std::size_t size) {
  std::string text;
  for (int number = 0; text.size() < size; ++number) text += std::to_string(number) + ' ';
  text.resize(size);
  return text;
}

Deadline soon() { return steady_clock::now() + 20ms; }
Deadline late() { return steady_clock::now() + 1h; }

Pace patient() { return {1h, 0}; }
Pace hasty() { return {20ms, 0}; }

}  // namespace

TEST_CASE("a socket stream reads what arrives", "[socket_stream]") {
  Pair pair;
  std::array<char, 100> buffer;
  pair.client.send("some bytes");
  const IoResult first = pair.stream.read(std::span(buffer).first(4), late());
  CHECK(std::string_view(buffer.data(), first.size) == "some");
  const IoResult rest = pair.stream.read_arrived(buffer);
  CHECK(std::string_view(buffer.data(), rest.size) == " bytes");
  const IoResult nothing = pair.stream.read_arrived(buffer);
  CHECK(nothing.size == 0);
  CHECK(nothing.status == IoStatus::ok);
}

TEST_CASE("a socket stream waits for bytes, for the end, and no longer than it should",
          "[socket_stream]") {
  Pair pair;
  std::array<char, 100> buffer;
  SECTION("bytes") {
    std::thread writer([&] { pair.client.send("late"); });
    CHECK(pair.stream.read(buffer, late()).size == 4);
    writer.join();
  }
  SECTION("the end") {
    std::thread finisher([&] { pair.client.finish_sending(); });
    const IoResult result = pair.stream.read(buffer, late());
    CHECK(result.size == 0);
    CHECK(result.status == IoStatus::end);
    finisher.join();
    CHECK(pair.stream.read_arrived(buffer).status == IoStatus::end);
  }
  SECTION("bytes that came before the end first") {
    pair.client.send("last");
    pair.client.finish_sending();
    CHECK(pair.stream.read(buffer, late()).size == 4);
    CHECK(pair.stream.read(buffer, late()).status == IoStatus::end);
  }
  SECTION("the deadline") {
    const Deadline deadline = soon();
    CHECK(pair.stream.read(buffer, deadline).status == IoStatus::timeout);
    CHECK(steady_clock::now() >= deadline);
  }
  SECTION("a deadline that is over: what is there is read all the same") {
    CHECK(pair.stream.read(buffer, {}).status == IoStatus::timeout);
    pair.client.send("here");
    CHECK(pair.stream.read(buffer, {}).size == 4);
  }
}

TEST_CASE("a socket stream writes pieces in order, however the socket takes them",
          "[socket_stream]") {
  Pair pair;
  pair.take_little();
  const std::string text = numbers(1'000'000);
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0, size = 0; at < text.size(); at += size, size = size * 2 + 1) {
    pieces.push_back(std::string_view(text).substr(at, size));
    pieces.push_back({});
  }
  REQUIRE(pieces.size() > 16);
  std::string received;
  std::thread reader([&] { received = pair.client.read_to_end(); });
  Pace pace = patient();
  const IoResult result = pair.stream.write(pieces, false, pace);
  pair.stream.finish_writing();
  reader.join();
  CHECK(result.status == IoStatus::ok);
  CHECK(result.size == text.size());
  CHECK((received == text));
}

TEST_CASE("a socket stream that has nothing to write is done", "[socket_stream]") {
  Pair pair;
  Pace pace = hasty();
  constexpr std::array<std::string_view, 2> nothing{};
  CHECK(pair.stream.write(nothing, false, pace).status == IoStatus::ok);
  CHECK(pair.stream.write({}, true, pace).status == IoStatus::ok);
}

TEST_CASE("a client that reads nothing is too slow, and what it took is counted",
          "[socket_stream]") {
  const TempDir directory;
  Pair pair;
  pair.take_little();
  const std::string text = numbers(1'000'000);
  Pace pace = hasty();
  IoResult result;
  SECTION("text") {
    const std::array<std::string_view, 1> pieces{text};
    result = pair.stream.write(pieces, false, pace);
  }
  SECTION("a file") {
    const UniqueFd file(::open(directory.write("file", text).c_str(), O_RDONLY | O_CLOEXEC));
    result = pair.stream.send_file(file.get(), 0, text.size(), pace);
  }
  CHECK(result.status == IoStatus::timeout);
  pair.stream.finish_writing();
  CHECK((pair.client.read_to_end() == text.substr(0, result.size)));
}

TEST_CASE("a client that is gone is told from a slow one", "[socket_stream]") {
  const TempDir directory;
  const UniqueFd file(::open(directory.write("file", "0123456789").c_str(), O_RDONLY | O_CLOEXEC));
  Pair pair;
  std::array<char, 8> buffer;
  Pace pace = patient();
  constexpr std::array<std::string_view, 1> pieces{"text"};
  SECTION("when writing") {
    pair.client.reset();
    CHECK(pair.stream.write(pieces, false, pace).status == IoStatus::gone);
    CHECK(pair.stream.send_file(file.get(), 0, 10, pace).status == IoStatus::gone);
  }
  SECTION("when reading what a reset left") {
    CHECK(pair.stream.write(pieces, false, pace).status == IoStatus::ok);
    pair.client.reset();
    CHECK(pair.stream.read(buffer, late()).status == IoStatus::gone);
  }
  SECTION("in the middle of a write") {
    pair.take_little();
    const std::string text = numbers(1'000'000);
    const std::array<std::string_view, 1> large{text};
    std::thread leaver([&] {
      std::array<char, 10> some;
      while (::recv(pair.client.fd(), some.data(), some.size(), 0) < 0 && errno == EINTR) {
      }
      pair.client.reset();
    });
    CHECK(pair.stream.write(large, false, pace).status == IoStatus::gone);
    leaver.join();
  }
}

TEST_CASE("a socket stream sends files", "[socket_stream]") {
  const TempDir directory;
  const std::string text = numbers(1'000'000);
  const auto path = directory.write("file", text);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  Pair pair;
  pair.take_little();
  std::string received;
  std::thread reader([&] { received = pair.client.read_to_end(); });
  Pace pace = patient();
  IoResult result;
  SECTION("a part") {
    result = pair.stream.send_file(file.get(), 10, 500'000, pace);
    pair.stream.finish_writing();
    reader.join();
    CHECK(result.status == IoStatus::ok);
    CHECK(result.size == 500'000);
    CHECK((received == text.substr(10, 500'000)));
  }
  SECTION("as far as there is one") {
    result = pair.stream.send_file(file.get(), 900'000, 500'000, pace);
    pair.stream.finish_writing();
    reader.join();
    CHECK(result.status == IoStatus::failed);
    CHECK(result.size == 100'000);
    CHECK((received == text.substr(900'000)));
  }
  SECTION("truncated meanwhile") {
    std::filesystem::resize_file(path, 10);
    result = pair.stream.send_file(file.get(), 0, text.size(), pace);
    pair.stream.finish_writing();
    reader.join();
    CHECK(result.status == IoStatus::failed);
    CHECK(received == text.substr(0, 10));
  }
  SECTION("after a head, in the right order") {
    constexpr std::array<std::string_view, 1> head{"head "};
    CHECK(pair.stream.write(head, true, pace).status == IoStatus::ok);
    result = pair.stream.send_file(file.get(), 0, 10, pace);
    pair.stream.finish_writing();
    reader.join();
    CHECK(received == "head " + text.substr(0, 10));
  }
}

TEST_CASE("bytes that get through are told to the pace", "[socket_stream]") {
  Pair pair;
  // Time for nothing, but what bytes buy: one second each.
  Pace pace(1h, 1);
  pace.waited(2h);
  const Deadline now{};
  CHECK(pace.deadline(now) < now);
  const std::string text(7200, 'x');
  const std::array<std::string_view, 1> pieces{text};
  CHECK(pair.stream.write(pieces, false, pace).status == IoStatus::ok);
  CHECK(pace.deadline(now) == now + 1h);
}

TEST_CASE("a socket stream tells a client that is gone from one that is silent or has finished",
          "[socket_stream]") {
  Pair pair;
  CHECK_FALSE(pair.stream.gone());
  pair.client.send("unread");
  CHECK_FALSE(pair.stream.gone());
  pair.client.finish_sending();
  CHECK_FALSE(pair.stream.gone());
  std::array<char, 100> buffer;
  CHECK(pair.stream.read(buffer, late()).size == 6);
  CHECK(pair.stream.read(buffer, late()).status == IoStatus::end);
  CHECK_FALSE(pair.stream.gone());
  pair.client.reset();
  CHECK(pair.stream.gone());
}
