#include "catena/serve/wakefulness.hpp"

namespace catena {
namespace {

using namespace std::chrono_literals;

constexpr auto often = 100us;
constexpr double enough_idle = 0.5;
constexpr double enough_left_idle = 0.1;
constexpr auto too_long = 30us;

bool take_little(std::uint64_t moments, std::chrono::nanoseconds spent) noexcept {
  return spent <= moments * too_long;
}

}  // namespace

bool Wakefulness::look(const Seen& seen, Clock::time_point now) noexcept {
  if (left_.lasts(now)) return false;
  if (!on_) {
    on_ = seen.idle >= enough_idle && seen.sleeps * often >= seen.passed && seen.stuck == 0;
    paid_ = on_;
    return on_;
  }
  const bool pays = take_little(seen.moments, seen.spent) && seen.idle >= enough_left_idle;
  const bool goes_on = (pays || paid_) && seen.stuck == 0;
  paid_ = pays;
  if (!goes_on) left_.begin(now);
  on_ = goes_on && seen.moments * often >= seen.passed;
  return on_;
}

bool Wakefulness::try_out(std::uint64_t moments, std::chrono::nanoseconds spent,
                          Clock::time_point now) noexcept {
  if (!on_ || take_little(moments, spent)) return on_;
  left_.begin(now);
  return on_ = false;
}

}  // namespace catena
