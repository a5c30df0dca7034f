#include "catena/serve/nearness.hpp"

#include <chrono>

#include "support/catch.hpp"

using namespace catena;
using namespace std::chrono_literals;

namespace {

using Seen = Nearness::Seen;

constexpr Seen short_waits{100ms, 100 * 25us, 100, 1.0};
constexpr Seen long_waits{100ms, 100 * 35us, 100, 1.0};
const auto start = Nearness::Clock::time_point() + 1h;

}  // namespace

TEST_CASE("threads stay near while they hardly wait, or no other processor is idle", "[nearness]") {
  Nearness nearness;
  CHECK(nearness.look({}, start));
  CHECK(nearness.look(short_waits, start));
  CHECK(nearness.look({100ms, 100 * 35us, 100, 0.2}, start));
  CHECK(nearness.look({100ms, 10s, 100, 0.0}, start));
}

TEST_CASE("threads that wait beside an idle processor are let go, and kept again later",
          "[nearness]") {
  Nearness nearness;
  CHECK_FALSE(nearness.look(long_waits, start));
  CHECK_FALSE(nearness.look(short_waits, start + 999ms));
  CHECK(nearness.look(short_waits, start + 1s));
  CHECK(nearness.look(short_waits, start + 2s));
}

TEST_CASE("threads that seldom wait are let go only where they wait for long", "[nearness]") {
  struct Case {
    Seen seen;
    bool kept;
  };
  const auto [seen, kept] =
      GENERATE(Case{{250ms, 7 * 50us, 7, 1.9}, true}, Case{{250ms, 7 * 999us, 7, 1.9}, true},
               Case{{250ms, 7 * 1001us, 7, 1.9}, false}, Case{{100ms, 99 * 35us, 99, 1.0}, true},
               Case{{99ms, 99 * 35us, 99, 1.0}, false});
  Nearness nearness;
  CHECK(nearness.look(seen, start) == kept);
}

TEST_CASE("threads that would have to wait again are let go for longer each time, up to a minute",
          "[nearness]") {
  Nearness nearness;
  auto now = start;
  for (const auto let_go_for : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    INFO("for " << let_go_for.count() << " s");
    CHECK_FALSE(nearness.look(long_waits, now));
    now += let_go_for;
    CHECK_FALSE(nearness.look(long_waits, now - 1ms));
    CHECK(nearness.look(long_waits, now));
    now += 250ms;
  }
}

TEST_CASE("what was long ago does not count for how long threads are let go", "[nearness]") {
  Nearness nearness;
  CHECK_FALSE(nearness.look(long_waits, start));
  CHECK(nearness.look(long_waits, start + 1s));
  CHECK_FALSE(nearness.look(long_waits, start + 2s));
  CHECK(nearness.look(short_waits, start + 4s));
  CHECK_FALSE(nearness.look(long_waits, start + 15s));
  CHECK(nearness.look(short_waits, start + 16s));
}
