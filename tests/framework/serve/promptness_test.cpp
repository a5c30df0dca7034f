#include "catena/serve/promptness.hpp"

#include <chrono>
#include <cstdint>

#include "support/catch.hpp"

using namespace catena;
using namespace std::chrono_literals;

namespace {

using Seen = Promptness::Seen;

const auto start = Promptness::Clock::time_point() + 1h;

constexpr Seen served(std::uint64_t times, std::chrono::nanoseconds each) {
  return {.passed = 250ms, .runs = times, .work = {.served = times, .used = times * each}};
}
constexpr Seen alone = served(2500, 12us);

}  // namespace

TEST_CASE("threads run at once when nothing comes together", "[promptness]") {
  Promptness promptness;
  CHECK_FALSE(promptness.look(served(0, 0ns), start));
  Seen seen = alone;
  seen.runs = 2374;
  CHECK_FALSE(promptness.look(seen, start));
  CHECK_FALSE(promptness.look(served(2499, 12us), start));
  seen.runs = 2375;
  CHECK(promptness.look(seen, start));
}

TEST_CASE("threads run at once as long as nothing comes together", "[promptness]") {
  Promptness promptness;
  REQUIRE(promptness.look(alone, start));
  CHECK(promptness.look(served(8000, 6us), start + 250ms));
  CHECK(promptness.look(served(2500, 12us), start + 500ms));
  Seen together = alone;
  together.runs = 1000;
  CHECK_FALSE(promptness.look(together, start + 750ms));
  CHECK(promptness.look(alone, start + 1s));
  CHECK(promptness.look(alone, start + 1250ms));
  CHECK_FALSE(promptness.look(served(0, 0ns), start + 1500ms));
}

TEST_CASE("what comes to take more to serve when threads run at once is left", "[promptness]") {
  Promptness promptness;
  REQUIRE(promptness.look(alone, start));
  CHECK(promptness.look(served(8000, 6us), start + 250ms));
  CHECK(promptness.look(served(2500, 13us), start + 500ms));
  CHECK(promptness.look(served(8000, 6us), start + 750ms));
  CHECK(promptness.look(served(2500, 13us), start + 1s));
  CHECK_FALSE(promptness.look(served(2500, 13us), start + 1250ms));
  CHECK_FALSE(promptness.look(alone, start + 1500ms));
}

TEST_CASE("what takes more to serve when threads run at once is left", "[promptness]") {
  Promptness promptness;
  REQUIRE(promptness.look(alone, start));
  CHECK_FALSE(promptness.look(served(2500, 12001ns), start + 250ms));
  CHECK_FALSE(promptness.look(alone, start + 1249ms));
  CHECK(promptness.look(alone, start + 1250ms));
  CHECK(promptness.look(served(2500, 12us), start + 1500ms));
}

TEST_CASE("what to run at once may take is what it took before, each time anew", "[promptness]") {
  Promptness promptness;
  REQUIRE(promptness.look(served(2500, 5us), start));
  CHECK_FALSE(promptness.look(served(2500, 6us), start + 250ms));
  REQUIRE(promptness.look(served(2500, 30us), start + 2s));
  CHECK(promptness.look(served(2500, 6us), start + 2250ms));
}

TEST_CASE("where to run at once does not pay it is left for longer each time", "[promptness]") {
  Promptness promptness;
  auto now = start;
  REQUIRE(promptness.look(alone, now));
  for (const auto left_for : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    INFO("for " << left_for.count() << " s");
    CHECK_FALSE(promptness.look(served(2500, 13us), now += 250ms));
    CHECK_FALSE(promptness.look(alone, now + left_for - 1ms));
    now += left_for;
    CHECK(promptness.look(alone, now));
  }
}
