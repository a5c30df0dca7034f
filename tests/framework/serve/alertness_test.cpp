#include "catena/serve/alertness.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace catena;
using namespace std::chrono_literals;

namespace {

using Seen = Alertness::Seen;
using std::chrono::nanoseconds;

constexpr auto every = 250ms;

/// So many connections served a second, each for as long.
struct Rate {
  std::uint64_t a_second = 0;
  nanoseconds each{0};

  Work during(nanoseconds time) const {
    const auto served = a_second * static_cast<std::uint64_t>(time / 1ms) / 1000;
    return {.served = served, .used = served * each};
  }
};

/// One after the other, while the processors are half idle.
constexpr Rate few{20'000, 20us};
constexpr Rate better{22'000, 10us};

Seen seen(Rate rate) {
  const Work work = rate.during(every);
  return {.passed = every, .idle = 1.0, .runs = work.served, .work = work};
}

Seen together(Rate rate) {
  Seen seen = ::seen(rate);
  seen.runs = seen.runs * 9 / 10;
  return seen;
}

Seen busy(Rate rate) {
  Seen seen = ::seen(rate);
  seen.idle = 0.05;
  return seen;
}

/// A supervisor, and the time that passes for it.
class Supervisor {
 public:
  /// The next look, which sees this.
  Manner look(const Seen& seen) {
    now_ += every;
    return alertness_.look(seen, now_);
  }
  /// Two looks, after which others are tried if they ever are.
  Manner begin(const Seen& seen) {
    look(seen);
    return look(seen);
  }
  /// Has what is tried serve this until it is no longer tried: the manner from then on.
  Manner try_out(Rate rate) {
    const Manner tried = manner();
    tried_for_ = 0ms;
    while (alertness_.tries() && manner() == tried) pass(5ms, rate);
    return manner();
  }
  Manner pass(std::chrono::milliseconds time, Rate rate) {
    now_ += time;
    tried_for_ += time;
    const Work work = rate.during(time);
    so_far_.served += work.served;
    so_far_.used += work.used;
    return manner();
  }
  /// What is used once all were tried and served this.
  Manner use(const Seen& in_batches, Rate at_once, Rate awake) {
    begin(in_batches);
    if (manner() == Manner::at_once) try_out(at_once);
    if (manner() == Manner::awake) try_out(awake);
    return manner();
  }
  Manner leave() { return alertness_.leave(now_); }
  void wait(nanoseconds time) { now_ += time; }
  bool tries() const { return alertness_.tries(); }
  std::chrono::milliseconds tried_for() const { return tried_for_; }

 private:
  Manner manner() { return alertness_.try_out(so_far_, now_); }

  Alertness alertness_;
  Alertness::Clock::time_point now_ = Alertness::Clock::time_point() + 1h;
  Work so_far_;
  std::chrono::milliseconds tried_for_{0};
};

}  // namespace

TEST_CASE("others are tried once two looks in a row find that threads come to run often",
          "[alertness]") {
  Supervisor supervisor;
  const Seen seldom = seen({4'996, 20us});
  CHECK(supervisor.look({}) == Manner::in_batches);
  CHECK(supervisor.begin(seldom) == Manner::in_batches);
  const Seen often = seen({5'000, 20us});
  CHECK(supervisor.look(often) == Manner::in_batches);
  CHECK(supervisor.look(seldom) == Manner::in_batches);
  CHECK(supervisor.look(often) == Manner::in_batches);
  CHECK_FALSE(supervisor.tries());
  CHECK(supervisor.look(often) == Manner::at_once);
  CHECK(supervisor.tries());
}

TEST_CASE("what is tried depends on what comes together and who is idle", "[alertness]") {
  Supervisor supervisor;
  Seen seen = ::seen(few);
  SECTION("both") {
    seen.runs = 4'750;
    seen.idle = 0.5;
    CHECK(supervisor.begin(seen) == Manner::at_once);
    CHECK(supervisor.try_out(better) == Manner::awake);
    CHECK(supervisor.tries());
  }
  SECTION("not to run at once where connections are served together") {
    seen.runs = 4'749;
    CHECK(supervisor.begin(seen) == Manner::awake);
  }
  SECTION("not to stay awake where little is idle") {
    seen.idle = 0.4;
    CHECK(supervisor.begin(seen) == Manner::at_once);
    supervisor.try_out(better);
    CHECK_FALSE(supervisor.tries());
  }
  SECTION("not to stay awake where a thread is stuck") {
    seen.stuck = 1;
    CHECK(supervisor.begin(seen) == Manner::at_once);
    supervisor.try_out(better);
    CHECK_FALSE(supervisor.tries());
  }
  SECTION("nothing") {
    seen.runs = 4'000;
    seen.idle = 0.4;
    CHECK(supervisor.begin(seen) == Manner::in_batches);
    CHECK_FALSE(supervisor.tries());
  }
}

TEST_CASE("each is tried for 0.4 seconds, of which the second half counts", "[alertness]") {
  Supervisor supervisor;
  supervisor.begin(together(few));
  CHECK(supervisor.pass(200ms - 5ms, {1'000, 90us}) == Manner::awake);
  SECTION("and is good") { CHECK(supervisor.try_out(better) == Manner::awake); }
  SECTION("and is bad") { CHECK(supervisor.try_out({22'000, 30us}) == Manner::in_batches); }
}

TEST_CASE("time in which nothing comes does not count for what is tried", "[alertness]") {
  Supervisor supervisor;
  supervisor.begin(seen(few));
  REQUIRE(supervisor.try_out({30'000, 15us}) == Manner::awake);
  CHECK(supervisor.tried_for() == 400ms);
  SECTION("before") { supervisor.pass(300ms, {}); }
  SECTION("meanwhile") {
    for (int count = 0; count < 50; ++count) supervisor.pass(5ms, {40'000, 20us});
    supervisor.pass(300ms, {});
  }
  CHECK(supervisor.try_out({40'000, 20us}) == Manner::awake);
  CHECK_FALSE(supervisor.tries());
}

TEST_CASE("what is not found out within five seconds is left", "[alertness]") {
  Supervisor supervisor;
  REQUIRE(supervisor.begin(together(few)) == Manner::awake);
  for (auto time = every; time < 5s; time += every) {
    CHECK(supervisor.look(together(few)) == Manner::awake);
  }
  CHECK(supervisor.look(together(few)) == Manner::in_batches);
  CHECK(supervisor.begin(together(few)) == Manner::in_batches);
  supervisor.wait(1s);
  CHECK(supervisor.begin(together(few)) == Manner::awake);
}

TEST_CASE("the manner is used that serves most, or takes least where several do", "[alertness]") {
  struct Case {
    std::string_view what;
    Rate in_batches, at_once, awake;
    Manner used;
  };
  const std::vector<Case> cases = {
      {"more is served awake", few, {30'000, 10us}, {34'000, 15us}, Manner::awake},
      {"as many, but for a tenth, for less", few, {31'000, 10us}, {34'000, 15us}, Manner::at_once},
      {"as many, for more", few, {34'000, 15us}, {31'000, 10us}, Manner::awake},
      {"most, but for much more than in batches",
       few,
       {21'000, 19us},
       {40'000, 23us},
       Manner::at_once},
      {"most, for a little more than in batches",
       few,
       {21'000, 19us},
       {40'000, 21us},
       Manner::awake},
      {"less than in batches", few, {17'000, 10us}, {17'000, 10us}, Manner::in_batches},
      {"nothing", few, {}, {}, Manner::in_batches},
      {"nothing better", few, {20'000, 21us}, {20'000, 21us}, Manner::in_batches},
      {"too much for each", few, {40'000, 23us}, {40'000, 23us}, Manner::in_batches},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    Supervisor supervisor;
    CHECK(supervisor.use(seen(one.in_batches), one.at_once, one.awake) == one.used);
    CHECK_FALSE(supervisor.tries());
  }
}

TEST_CASE("what may be used is compared with what batches take by then", "[alertness]") {
  Supervisor supervisor;
  REQUIRE(supervisor.use(seen({20'000, 5us}), {}, better) == Manner::in_batches);
  supervisor.wait(1s);
  REQUIRE(supervisor.use(seen(few), {}, better) == Manner::awake);
  REQUIRE(supervisor.leave() == Manner::in_batches);
  supervisor.wait(2s);
  CHECK(supervisor.use(seen({20'000, 5us}), {}, better) == Manner::in_batches);
}

TEST_CASE("what is used is left when two looks in a row find that it does not pay", "[alertness]") {
  Supervisor supervisor;
  REQUIRE(supervisor.use(seen(few), {}, better) == Manner::awake);
  const Seen dear = seen({20'000, 23us});
  const Seen bad = GENERATE_COPY(dear, busy(better));
  CHECK(supervisor.look(bad) == Manner::awake);  // some of it was before
  CHECK(supervisor.look(bad) == Manner::awake);
  CHECK(supervisor.look(seen({20'000, 21us})) == Manner::awake);
  CHECK(supervisor.look(bad) == Manner::awake);
  CHECK(supervisor.look(bad) == Manner::in_batches);
  CHECK(supervisor.begin(seen(few)) == Manner::in_batches);
  supervisor.wait(1s);
  CHECK(supervisor.begin(seen(few)) == Manner::at_once);
}

TEST_CASE("what is used ends with its occasion, and is tried again when that is back",
          "[alertness]") {
  Supervisor supervisor;
  const Seen seldom = seen({4'996, 10us});
  SECTION("to stay awake, when less is to be done") {
    REQUIRE(supervisor.use(seen(few), {}, better) == Manner::awake);
    supervisor.look(seen(better));
    CHECK(supervisor.look(together(better)) == Manner::awake);
    CHECK(supervisor.look(seldom) == Manner::in_batches);
  }
  SECTION("to run at once, when less is to be done") {
    REQUIRE(supervisor.use(seen(few), better, {}) == Manner::at_once);
    supervisor.look(seen(better));
    CHECK(supervisor.look(busy(better)) == Manner::at_once);
    CHECK(supervisor.look(seldom) == Manner::in_batches);
  }
  SECTION("to run at once, when more comes together") {
    REQUIRE(supervisor.use(seen(few), better, {}) == Manner::at_once);
    supervisor.look(seen(better));
    CHECK(supervisor.look(together(better)) == Manner::in_batches);
  }
  CHECK(supervisor.begin(seen(few)) == Manner::at_once);
  CHECK(supervisor.tries());
}

TEST_CASE("what is used is compared with the others again after half a minute", "[alertness]") {
  Supervisor supervisor;
  REQUIRE(supervisor.use(seen(few), {}, better) == Manner::awake);
  for (auto time = every; time < 30s; time += every) {
    REQUIRE(supervisor.look(seen(better)) == Manner::awake);
  }
  CHECK(supervisor.look(seen(better)) == Manner::in_batches);
  CHECK(supervisor.use(seen(few), better, {}) == Manner::at_once);
}

TEST_CASE("what is used or tried is left while a thread is stuck", "[alertness]") {
  Supervisor supervisor;
  SECTION("used") { REQUIRE(supervisor.use(seen(few), {}, better) == Manner::awake); }
  SECTION("tried") { REQUIRE(supervisor.begin(together(few)) == Manner::awake); }
  CHECK(supervisor.leave() == Manner::in_batches);
  CHECK_FALSE(supervisor.tries());
  CHECK(supervisor.begin(seen(few)) == Manner::in_batches);
  supervisor.wait(1s);
  CHECK(supervisor.begin(seen(few)) == Manner::at_once);
}

TEST_CASE("where nothing is better than batches, others are left for longer each time",
          "[alertness]") {
  Supervisor supervisor;
  REQUIRE(supervisor.begin(together(few)) == Manner::awake);
  for (const auto left_for : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    INFO("for " << left_for.count() << " s");
    CHECK(supervisor.try_out({20'000, 23us}) == Manner::in_batches);
    supervisor.wait(left_for - every - 1ms);
    CHECK(supervisor.look(together(few)) == Manner::in_batches);
    supervisor.wait(1ms - every);
    CHECK(supervisor.begin(together(few)) == Manner::awake);
  }
}
