#pragma once

#include <chrono>
#include <cstdint>

namespace catena {

/// What threads did, all of them together.
struct Work {
  std::uint64_t served = 0;          ///< how often a connection was
  std::chrono::nanoseconds used{0};  ///< of the processors' time

  /// What was done since then.
  Work since(const Work& before) const noexcept {
    return {served - before.served, used - before.used};
  }
  /// Whether it took more time for a connection than the other, or than so many times that.
  bool takes_more_than(const Work& other, double times = 1) const noexcept {
    using Seconds = std::chrono::duration<double>;
    return Seconds(used) * other.served > times * Seconds(other.used) * served;
  }
};

}  // namespace catena
