#include "catena/serve/wakefulness.hpp"

#include <chrono>
#include <cstdint>

#include "support/catch.hpp"

using namespace catena;
using namespace std::chrono_literals;

namespace {

using Seen = Wakefulness::Seen;

const auto start = Wakefulness::Clock::time_point() + 1h;

constexpr Work served(std::uint64_t times, std::chrono::nanoseconds each) {
  return {.served = times, .used = times * each};
}
constexpr Seen asleep_often{
    .passed = 250ms, .idle = 1.0, .sleeps = 2500, .work = served(2500, 30us)};

/// While they stay awake: as many connections served, each for as long.
constexpr Seen awake(std::uint64_t times, std::chrono::nanoseconds each) {
  return {.passed = 250ms, .idle = 0.4, .work = served(times, each)};
}
constexpr Seen good = awake(8000, 15us);
constexpr Seen bad = awake(5000, 35us);

}  // namespace

TEST_CASE("threads stay awake once they sleep often while processors are idle", "[wakefulness]") {
  Wakefulness wakefulness;
  CHECK_FALSE(wakefulness.look({}, start));
  Seen seen = asleep_often;
  seen.sleeps = 2499;
  CHECK_FALSE(wakefulness.look(seen, start));
  seen = asleep_often;
  seen.idle = 0.4;
  CHECK_FALSE(wakefulness.look(seen, start));
  seen = asleep_often;
  seen.stuck = 1;
  CHECK_FALSE(wakefulness.look(seen, start));
  CHECK(wakefulness.look(asleep_often, start));
}

TEST_CASE("threads stay awake as long as it pays", "[wakefulness]") {
  Wakefulness wakefulness;
  REQUIRE(wakefulness.look(asleep_often, start));
  CHECK(wakefulness.look(good, start + 250ms));
  CHECK(wakefulness.look(awake(4000, 30us), start + 500ms));
  CHECK(wakefulness.look(bad, start + 750ms));
  CHECK(wakefulness.look(good, start + 1s));
  CHECK(wakefulness.look(bad, start + 1250ms));
  CHECK_FALSE(wakefulness.look(bad, start + 1500ms));
}

TEST_CASE("what does not pay in the trial is left at once", "[wakefulness]") {
  Wakefulness wakefulness;
  CHECK_FALSE(wakefulness.try_out({}, start));
  REQUIRE(wakefulness.look(asleep_often, start));
  CHECK(wakefulness.try_out({}, start + 25ms));
  CHECK(wakefulness.try_out(served(800, 30us), start + 25ms));
  CHECK_FALSE(wakefulness.try_out(served(800, 31us), start + 25ms));
  CHECK_FALSE(wakefulness.look(asleep_often, start + 1s));
  CHECK(wakefulness.look(asleep_often, start + 1025ms));
}

TEST_CASE("what staying awake may cost is what sleeping did the last time", "[wakefulness]") {
  Wakefulness wakefulness;
  Seen cheap = asleep_often;
  cheap.work = served(2500, 5us);
  Seen idle = asleep_often;
  idle.sleeps = 0;
  CHECK_FALSE(wakefulness.look(idle, start));
  CHECK(wakefulness.look(cheap, start + 250ms));
  CHECK_FALSE(wakefulness.try_out(served(800, 15us), start + 275ms));
  CHECK(wakefulness.look(asleep_often, start + 2s));
  CHECK(wakefulness.try_out(served(800, 15us), start + 2s + 25ms));
}

TEST_CASE("threads that stay awake leave a processor some time for others", "[wakefulness]") {
  Wakefulness wakefulness;
  REQUIRE(wakefulness.look(asleep_often, start));
  Seen busy = good;
  busy.idle = 0.05;
  CHECK(wakefulness.look(busy, start + 250ms));
  CHECK_FALSE(wakefulness.look(busy, start + 500ms));
}

TEST_CASE("threads sleep at once when one was stuck, because others are needed", "[wakefulness]") {
  Wakefulness wakefulness;
  REQUIRE(wakefulness.look(asleep_often, start));
  Seen stuck = good;
  stuck.stuck = 1;
  CHECK_FALSE(wakefulness.look(stuck, start + 250ms));
  CHECK_FALSE(wakefulness.look(asleep_often, start + 500ms));
}

TEST_CASE("threads sleep when nothing much comes, and stay awake again when it does",
          "[wakefulness]") {
  Wakefulness wakefulness;
  REQUIRE(wakefulness.look(asleep_often, start));
  CHECK_FALSE(wakefulness.look(awake(2499, 20us), start + 250ms));
  CHECK(wakefulness.look(asleep_often, start + 500ms));
}

TEST_CASE("where staying awake does not pay it is left for longer each time", "[wakefulness]") {
  Wakefulness wakefulness;
  auto now = start;
  REQUIRE(wakefulness.look(asleep_often, now));
  for (const auto left_for : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    INFO("for " << left_for.count() << " s");
    CHECK(wakefulness.look(bad, now += 250ms));
    CHECK_FALSE(wakefulness.look(bad, now += 250ms));
    CHECK_FALSE(wakefulness.look(asleep_often, now + left_for - 1ms));
    now += left_for;
    CHECK(wakefulness.look(asleep_often, now));
  }
}
