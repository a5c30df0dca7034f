#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>

namespace catena {

/// The time of the system's last tick, up to 10 ms ago; asking costs next to nothing. The clock is
/// std::chrono::steady_clock or std::chrono::system_clock.
template <typename Clock>
typename Clock::time_point last_tick() noexcept {
  timespec tick{};
  ::clock_gettime(Clock::is_steady ? CLOCK_MONOTONIC_COARSE : CLOCK_REALTIME_COARSE, &tick);
  return typename Clock::time_point(std::chrono::seconds(tick.tv_sec) +
                                    std::chrono::nanoseconds(tick.tv_nsec));
}

/// The same, in nanoseconds since the clock's epoch.
template <typename Clock>
std::int64_t last_tick_in_ns() noexcept {
  using std::chrono::nanoseconds;
  return nanoseconds(last_tick<Clock>().time_since_epoch()).count();
}

}  // namespace catena
