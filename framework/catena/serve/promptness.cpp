#include "catena/serve/promptness.hpp"

namespace catena {
namespace {

using namespace std::chrono_literals;

constexpr auto often = 100us;

/// Whether hardly a connection in twenty was served together with another.
bool come_alone(const Promptness::Seen& seen) noexcept {
  const std::uint64_t served = seen.work.served;
  return served * often >= seen.passed && seen.runs * 20 >= served * 19;
}

}  // namespace

bool Promptness::look(const Seen& seen, Clock::time_point now) noexcept {
  if (left_.lasts(now)) return false;
  if (!on_) {
    on_ = come_alone(seen);
    paid_ = false;
    before_ = seen.work;
    return on_;
  }
  const bool pays = !seen.work.takes_more_than(before_);
  const bool goes_on = pays || paid_;
  paid_ = pays;
  if (!goes_on) left_.begin(now);
  return on_ = goes_on && come_alone(seen);
}

}  // namespace catena
