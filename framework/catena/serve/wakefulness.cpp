#include "catena/serve/wakefulness.hpp"

namespace catena {
namespace {

using namespace std::chrono_literals;

constexpr auto often = 100us;
constexpr double enough_idle = 0.5;
constexpr double enough_left_idle = 0.1;

}  // namespace

bool Wakefulness::look(const Seen& seen, Clock::time_point now) noexcept {
  if (left_.lasts(now)) return false;
  if (!on_) {
    on_ = seen.idle >= enough_idle && seen.sleeps * often >= seen.passed && seen.stuck == 0;
    paid_ = on_;
    asleep_ = seen.work;
    return on_;
  }
  const bool pays = !seen.work.takes_more_than(asleep_) && seen.idle >= enough_left_idle;
  const bool goes_on = (pays || paid_) && seen.stuck == 0;
  paid_ = pays;
  if (!goes_on) left_.begin(now);
  on_ = goes_on && seen.work.served * often >= seen.passed;
  return on_;
}

bool Wakefulness::try_out(const Work& work, Clock::time_point now) noexcept {
  if (!on_ || !work.takes_more_than(asleep_)) return on_;
  left_.begin(now);
  return on_ = false;
}

}  // namespace catena
