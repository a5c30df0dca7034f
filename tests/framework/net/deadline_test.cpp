#include "catena/net/deadline.hpp"

#include <chrono>
#include <cstdint>

#include "support/catch.hpp"

using catena::Deadline;
using catena::Pace;
using namespace std::chrono_literals;

namespace {

const Deadline now{1000s};

}  // namespace

TEST_CASE("without a rate only the stall counts", "[deadline]") {
  Pace pace(30s, 0);
  CHECK(pace.deadline(now) == now + 30s);
  for (int round = 0; round < 100; ++round) {
    pace.waited(29s);
    CHECK(pace.deadline(now) == now + 30s);
  }
  pace.moved(UINT64_MAX);
  CHECK(pace.deadline(now) == now + 30s);
}

TEST_CASE("at a rate waiting uses up time, and bytes buy it", "[deadline]") {
  Pace pace(30s, 500);
  CHECK(pace.deadline(now) == now + 30s);
  pace.waited(20s);
  CHECK(pace.deadline(now) == now + 10s);
  pace.moved(500);
  CHECK(pace.deadline(now) == now + 11s);
  pace.moved(1);
  CHECK(pace.deadline(now) == now + 11s + 2ms);
  pace.waited(12s);
  CHECK(pace.deadline(now) < now);
}

TEST_CASE("one wait is never longer than the stall, whatever was bought", "[deadline]") {
  Pace pace(30s, 500);
  pace.moved(1'000'000);
  CHECK(pace.deadline(now) == now + 30s);
  pace.waited(30s);
  CHECK(pace.deadline(now) == now + 30s);
}

TEST_CASE("a client at the rate goes on for ever, one below it does not", "[deadline]") {
  Pace steady(30s, 500);
  for (int second = 0; second < 10'000; ++second) {
    REQUIRE(steady.deadline(now) > now);
    steady.waited(1s);
    steady.moved(500);
  }
  Pace slow(30s, 500);
  int seconds = 0;
  while (slow.deadline(now) > now) {
    slow.waited(1s);
    slow.moved(250);
    REQUIRE(++seconds < 100);
  }
  CHECK(seconds >= 59);
  CHECK(seconds <= 61);
}

TEST_CASE("no number of bytes overflows", "[deadline]") {
  Pace pace(30s, 1);
  for (int round = 0; round < 100; ++round) pace.moved(UINT64_MAX);
  CHECK(pace.deadline(now) == now + 30s);
  pace.waited(24h - 10s);
  CHECK(pace.deadline(now) == now + 10s);
  Pace fast(30s, UINT64_MAX);
  fast.moved(UINT64_MAX);
  CHECK(fast.deadline(now) == now + 30s);
}
