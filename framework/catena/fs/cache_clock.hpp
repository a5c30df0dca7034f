#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "catena/http/last_tick.hpp"

namespace catena {

/// The time as one thread sets it again and again for others to read, who then need no clock. It
/// rests while nobody asks; whoever asks first after that sets it, and wakes the other.
class CacheClock {
 public:
  /// The monotonic time in nanoseconds, not older than one interval. `wake` is called when the
  /// clock was at rest.
  template <typename Wake>
  std::int64_t now(Wake wake) noexcept {
    const State state = state_.load(std::memory_order_acquire);
    if (state == State::asked) return now_.load(std::memory_order_acquire);
    if (state == State::at_rest)
      now_.store(last_tick_in_ns<std::chrono::steady_clock>(), std::memory_order_release);
    State before = state;
    if (state_.compare_exchange_strong(before, State::asked) && state == State::at_rest) wake();
    return now_.load(std::memory_order_acquire);
  }

  /// Sets the time; false when nobody has asked since the last time, and the clock is at rest.
  bool tick() noexcept {
    now_.store(last_tick_in_ns<std::chrono::steady_clock>(), std::memory_order_release);
    State state = State::asked;
    if (state_.compare_exchange_strong(state, State::running)) return true;
    if (state == State::running) state_.compare_exchange_strong(state, State::at_rest);
    return !at_rest();
  }
  bool at_rest() const noexcept { return state_.load() == State::at_rest; }

 private:
  enum class State : std::uint8_t { at_rest, running, asked };
  std::atomic<State> state_{State::at_rest};
  std::atomic<std::int64_t> now_{0};
};

}  // namespace catena
