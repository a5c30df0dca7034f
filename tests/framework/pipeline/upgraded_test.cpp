#include "catena/pipeline/upgraded.hpp"

#include <array>
#include <chrono>
#include <deque>
#include <string>
#include <string_view>

#include "catena/net/memory_stream.hpp"
#include "support/catch.hpp"

using namespace catena;
using namespace std::chrono_literals;

namespace {

class NoLink : public Link {
 public:
  bool client_gone() noexcept override { return false; }
  bool stop_wanted() const noexcept override { return stopping; }
  bool stopping = false;
};

struct Connection {
  Connection(std::deque<std::string> pieces, std::string_view already_read)
      : stream(std::move(pieces)), upgraded(stream, already_read, link, {1h, 0}) {}

  /// What one read of at most `most` bytes finds.
  std::string read(std::size_t most = 100) {
    std::array<char, 100> buffer;
    const IoResult result = upgraded.read(std::span(buffer).first(most), {});
    return {buffer.data(), result.size};
  }

  NoLink link;
  MemoryStream stream;
  Upgraded upgraded;
};

}  // namespace

TEST_CASE("an upgraded connection reads what came behind the request first", "[upgrade]") {
  Connection connection({"later"}, "behind");
  CHECK(connection.read(3) == "beh");
  CHECK(connection.read() == "ind");
  CHECK(connection.read(2) == "la");
  std::array<char, 100> buffer;
  CHECK(connection.upgraded.read_arrived(buffer).size == 3);
  CHECK(connection.upgraded.read(buffer, {}).status == IoStatus::end);
}

TEST_CASE("what came behind the request is there without waiting", "[upgrade]") {
  Connection connection({"later"}, "behind");
  std::array<char, 100> buffer;
  CHECK(connection.upgraded.read_arrived(buffer).size == 6);
  CHECK(connection.upgraded.read_arrived(buffer).size == 0);
}

TEST_CASE("an upgraded connection counts what is written, and keeps the first failure",
          "[upgrade]") {
  Connection connection({}, "");
  connection.stream.break_after(7);
  CHECK(connection.upgraded.write("hello").size == 5);
  CHECK(connection.upgraded.written() == 5);
  CHECK(connection.upgraded.failure() == IoStatus::ok);
  CHECK(connection.upgraded.write("world").size == 2);
  CHECK(connection.upgraded.written() == 7);
  CHECK(connection.upgraded.failure() == IoStatus::gone);
  CHECK(connection.stream.output() == "hellowo");
}

TEST_CASE("an upgraded connection tells that a stop is wanted", "[upgrade]") {
  Connection connection({}, "");
  CHECK_FALSE(connection.upgraded.stop_wanted());
  connection.link.stopping = true;
  CHECK(connection.upgraded.stop_wanted());
}
