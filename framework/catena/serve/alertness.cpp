#include "catena/serve/alertness.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace catena {
namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

constexpr auto often = 200us;
constexpr double enough_idle = 0.5;
constexpr double enough_left_idle = 0.1;
constexpr double as_many = 0.9;
constexpr double as_much = 1.1;
constexpr std::chrono::nanoseconds settles_for = 200ms;
constexpr std::chrono::nanoseconds measured_for = 200ms;
constexpr auto nothing_came_for = 20ms;
constexpr auto tried_for_at_most = 5s;
constexpr auto used_for = 30s;

/// Whether hardly a connection in twenty was served together with another.
bool come_alone(const Alertness::Seen& seen) noexcept {
  return seen.runs * 20 >= seen.work.served * 19;
}

}  // namespace

Manner Alertness::look(const Seen& seen, Clock::time_point now) noexcept {
  const bool is_new = std::exchange(is_new_, false);
  const bool was_wanted = std::exchange(was_wanted_, false);
  if (tries()) return now < tried_until_ ? manner_ : leave(now);
  if (left_.lasts(now)) return manner_;
  if (manner_ != Manner::in_batches) return is_new ? manner_ : go_on(seen, now);
  was_wanted_ = seen.runs * often >= seen.passed;
  return was_wanted && was_wanted_ ? begin(seen, now) : manner_;
}

Manner Alertness::begin(const Seen& seen, Clock::time_point now) noexcept {
  tried_[0] = {Manner::in_batches, seen.passed, seen.work};
  count_ = 1;
  if (come_alone(seen)) tried_[count_++].manner = Manner::at_once;
  if (seen.idle >= enough_idle && seen.stuck == 0) tried_[count_++].manner = Manner::awake;
  tried_until_ = now + tried_for_at_most;
  return count_ > 1 ? try_next(now) : manner_;
}

/// Looks whether what is used is to be used on.
Manner Alertness::go_on(const Seen& seen, Clock::time_point now) noexcept {
  const bool is_needed = seen.work.served * often >= seen.passed;
  const bool fits = manner_ == Manner::awake || come_alone(seen);
  if (!is_needed || !fits || now >= tried_again_at_) return wait_in_batches();
  const bool leaves_idle = manner_ != Manner::awake || seen.idle >= enough_left_idle;
  const bool pays = leaves_idle && !seen.work.takes_more_than(tried_[0].work, as_much);
  const bool goes_on = pays || paid_;
  paid_ = pays;
  return goes_on ? manner_ : leave(now);
}

Manner Alertness::try_next(Clock::time_point now) noexcept {
  ++trying_;
  tried_[trying_].passed = 0ns;
  settled_ = 0ns;
  asked_ = now;
  return manner_ = tried_[trying_].manner;
}

Manner Alertness::try_out(const Work& so_far, Clock::time_point now) noexcept {
  if (!tries()) return manner_;
  const std::chrono::nanoseconds passed = now - std::exchange(asked_, now);
  if (passed >= nothing_came_for) return manner_;
  Tried& tried = tried_[trying_];
  if (settled_ < settles_for) {
    settled_ += passed;
    before_ = so_far;
    return manner_;
  }
  tried.passed += passed;
  if (tried.passed < measured_for) return manner_;
  tried.work = so_far.since(before_);
  return trying_ + 1 < count_ ? try_next(now) : choose(now);
}

Manner Alertness::choose(Clock::time_point now) noexcept {
  const Tried& in_batches = tried_[0];
  const auto all = std::span(tried_).first(count_);
  const auto is_dear = [&](const Tried& one) {
    return one.work.takes_more_than(in_batches.work, as_much);
  };
  const auto serves = [](const Tried& one) {
    return static_cast<double>(one.work.served) / Seconds(one.passed).count();
  };
  double most = 0;
  for (const Tried& one : all) {
    if (!is_dear(one)) most = std::max(most, serves(one));
  }
  const Tried* best = nullptr;
  for (const Tried& one : all) {
    if (is_dear(one) || serves(one) < as_many * most) continue;
    if (best == nullptr || best->work.takes_more_than(one.work)) best = &one;
  }
  if (best == &in_batches) return leave(now);
  trying_ = 0;
  is_new_ = true;
  paid_ = true;
  tried_again_at_ = now + used_for;
  return manner_ = best->manner;
}

Manner Alertness::leave(Clock::time_point now) noexcept {
  left_.begin(now);
  return wait_in_batches();
}

Manner Alertness::wait_in_batches() noexcept {
  trying_ = 0;
  return manner_ = Manner::in_batches;
}

}  // namespace catena
