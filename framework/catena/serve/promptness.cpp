#include "catena/serve/promptness.hpp"

namespace catena {
namespace {

using namespace std::chrono_literals;
using Seen = Promptness::Seen;

constexpr auto often = 100us;

/// Whether hardly a connection in twenty was served together with another.
bool come_alone(const Seen& seen) noexcept {
  return seen.served * often >= seen.passed && seen.runs * 20 >= seen.served * 19;
}

/// Whether serving a connection took more time.
bool takes_more(const Seen& seen, const Seen& before) noexcept {
  using Seconds = std::chrono::duration<double>;
  return Seconds(seen.used) * before.served > Seconds(before.used) * seen.served;
}

}  // namespace

bool Promptness::look(const Seen& seen, Clock::time_point now) noexcept {
  if (left_.lasts(now)) return false;
  const bool was_on = on_;
  on_ = come_alone(seen);
  if (on_ && in_trial_ && takes_more(seen, before_)) {
    left_.begin(now);
    on_ = false;
  }
  in_trial_ = on_ && !was_on;
  if (in_trial_) before_ = seen;
  return on_;
}

}  // namespace catena
