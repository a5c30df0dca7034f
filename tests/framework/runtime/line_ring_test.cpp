#include "catena/runtime/line_ring.hpp"

#include <array>
#include <semaphore>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using catena::LineRing;
using Put = LineRing::Put;
using namespace std::literals;

namespace {

constexpr std::size_t small = 64;

std::string take_all(LineRing& ring) {
  std::string lines;
  CHECK(ring.take(ring.end(), lines));
  return lines;
}

}  // namespace

TEST_CASE("lines come out of a ring as they were put in", "[line_ring]") {
  LineRing ring(small);
  CHECK(take_all(ring).empty());
  CHECK(ring.put("one") == Put::kept);
  CHECK(ring.put("") == Put::kept);
  CHECK(ring.put("t\0w\no"sv) == Put::kept);
  CHECK(take_all(ring) == "one\n\nt\0w\no\n"sv);
  CHECK(take_all(ring).empty());
}

TEST_CASE("a ring goes round with lines of every length", "[line_ring]") {
  LineRing ring(small);
  for (std::size_t lap = 0; lap < 100; ++lap) {
    for (std::size_t size = 0; size < small; ++size) {
      const std::string line(size, static_cast<char>(lap + size));
      REQUIRE(ring.put(line) == Put::kept);
      REQUIRE(take_all(ring) == line + '\n');
    }
  }
}

TEST_CASE("what does not fit into a ring is refused", "[line_ring]") {
  LineRing ring(small);
  CHECK(ring.capacity() == small);
  CHECK(LineRing(small - 7).capacity() == small);
  CHECK(LineRing(0).put("") == Put::refused);
  CHECK(LineRing(1).put("1234567") == Put::kept);
  CHECK(ring.put(std::string(small, 'x')) == Put::refused);
  CHECK(ring.put(std::string(100 * small, 'x')) == Put::refused);
  CHECK(ring.filled() == 0);

  const std::string longest(small - 1, 'x');
  CHECK(ring.put(longest) == Put::kept);
  CHECK(ring.put("") == Put::refused);
  CHECK(take_all(ring) == longest + '\n');

  std::string expected;
  while (ring.put("line") == Put::kept) expected += "line\n";
  CHECK(expected.size() == 4 * 5);  // each takes 16 of 72
  CHECK(ring.filled() == 64);
  CHECK(take_all(ring) == expected);
  CHECK(ring.filled() == 0);
  CHECK(ring.put("line") == Put::kept);
}

TEST_CASE("lines are taken out of a ring up to a place", "[line_ring]") {
  LineRing ring(small);
  ring.put("one");
  ring.put("two");
  const LineRing::Place place = ring.end();
  ring.put("three");
  std::string lines;
  CHECK(ring.take(place, lines));
  CHECK(lines == "one\ntwo\n");
  CHECK(ring.take(place, lines));
  CHECK(lines == "one\ntwo\n");
  CHECK(ring.take(ring.end(), lines));
  CHECK(lines == "one\ntwo\nthree\n");
}

TEST_CASE("a ring that is closed takes in nothing, and gives what it has", "[line_ring]") {
  LineRing ring(small);
  ring.put("one");
  ring.close();
  ring.close();
  CHECK(ring.put("two") == Put::refused);
  CHECK(take_all(ring) == "one\n");
  CHECK(ring.put("three") == Put::refused);
  CHECK(ring.filled() == 0);
}

TEST_CASE("one is told that so much in a ring is awaited", "[line_ring]") {
  LineRing ring(small);
  REQUIRE(ring.await(1));
  CHECK(ring.put("one") == Put::awaited);
  CHECK(ring.put("two") == Put::kept);

  CHECK_FALSE(ring.await(1));
  CHECK(ring.put("three") == Put::kept);

  REQUIRE(ring.await(64));
  CHECK(ring.filled() == 48);
  CHECK(ring.put("four") == Put::awaited);
  CHECK(take_all(ring) == "one\ntwo\nthree\nfour\n");

  SECTION("counted from what was taken out") {
    REQUIRE(ring.await(32));
    CHECK(ring.put("one") == Put::kept);
    CHECK(ring.put("two") == Put::awaited);
  }
  SECTION("by what goes beyond it, too") {
    REQUIRE(ring.await(32));
    CHECK(ring.put(std::string(40, 'x')) == Put::awaited);
  }
  SECTION("and not by what is refused") {
    REQUIRE(ring.await(32));
    CHECK(ring.put(std::string(small, 'x')) == Put::refused);
    CHECK(ring.put(std::string(small - 1, 'x')) == Put::awaited);
  }
}

TEST_CASE("a line that is on its way holds up those behind it, and comes whole", "[line_ring]") {
  const std::string takes_a_while(std::size_t{4} << 20, 'x');
  LineRing ring(2 * takes_a_while.size());
  const std::jthread writer([&] { ring.put(takes_a_while); });
  while (ring.filled() == 0) std::this_thread::yield();
  ring.put("behind");
  std::string lines;
  while (!ring.take(ring.end(), lines)) REQUIRE(lines.empty());
  CHECK(lines == takes_a_while + "\nbehind\n");
}

TEST_CASE("many threads fill a ring that is smaller than what they write", "[line_ring]") {
  // Who sleeps must be woken; who does not finds lines that are still on their way.
  const bool sleeps = GENERATE(true, false);
  constexpr int threads = 4;
  constexpr int lines = 20'000;
  const auto text = [](int number) {
    return std::string(static_cast<std::size_t>(number) % 300, 'x');
  };
  LineRing ring(4096);
  std::counting_semaphore<> told(0);
  std::vector<std::jthread> writers;
  for (int writer = 0; writer < threads; ++writer) {
    writers.emplace_back([&, writer](const std::stop_token& over) {
      for (int number = 0; number < lines; ++number) {
        const std::string line =
            std::to_string(writer) + ' ' + std::to_string(number) + ' ' + text(number);
        Put put = ring.put(line);
        for (; put == Put::refused && !over.stop_requested(); put = ring.put(line)) {
          std::this_thread::yield();
        }
        if (put == Put::awaited) told.release();
      }
    });
  }
  std::array<int, threads> next{};
  for (int taken = 0; taken < threads * lines;) {
    if (sleeps && ring.await(1)) told.acquire();
    std::string some;
    ring.take(ring.end(), some);
    std::istringstream in(some);
    for (std::string line; std::getline(in, line); ++taken) {
      std::istringstream parts(line);
      std::size_t writer = threads;
      int number = -1;
      std::string rest;
      parts >> writer >> number >> rest;
      REQUIRE(writer < threads);
      REQUIRE(number == next[writer]++);
      REQUIRE(rest == text(number));
    }
  }
  for (std::jthread& writer : writers) writer.join();
  CHECK(ring.filled() == 0);
}
