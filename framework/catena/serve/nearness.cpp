#include "catena/serve/nearness.hpp"

namespace catena {
namespace {

using namespace std::chrono_literals;

constexpr auto often = 1ms;
constexpr auto too_long_often = 30us;
constexpr auto too_long_seldom = 1ms;
constexpr double enough_idle = 0.25;

}  // namespace

bool Nearness::look(const Seen& seen, Clock::time_point now) noexcept {
  const bool was_let_go = let_go_.is_on();
  if (let_go_.lasts(now)) return false;
  if (was_let_go) return true;  // what was seen is of another time
  const bool is_often = seen.waits * often >= seen.passed;
  const std::chrono::nanoseconds too_long = is_often ? too_long_often : too_long_seldom;
  const bool waits = seen.waits > 0 && seen.waited > seen.waits * too_long;
  if (!waits || seen.idle < enough_idle) return true;
  let_go_.begin(now);
  return false;
}

}  // namespace catena
