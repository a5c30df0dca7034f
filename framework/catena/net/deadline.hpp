#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace catena {

/// The moment at which waiting ends.
using Deadline = std::chrono::steady_clock::time_point;

/// How long a client may keep us waiting while bytes are to flow: never longer than `stall` at
/// once, and over time at least `bytes_per_second` must get through. Only time spent waiting
/// counts, so a slow handler costs the client nothing.
class Pace {
 public:
  /// A rate of 0 asks for none.
  Pace(std::chrono::milliseconds stall, std::uint64_t bytes_per_second) noexcept
      : stall_(stall), left_(stall), bytes_per_second_(bytes_per_second) {}

  /// When a wait that begins now has been too long.
  Deadline deadline(Deadline now) const noexcept {
    return now + (bytes_per_second_ == 0 ? stall_ : std::min(stall_, left_));
  }
  /// Tells of a wait that is over.
  void waited(std::chrono::nanoseconds time) noexcept { left_ -= time; }
  /// Tells of bytes that got through; each buys the time it takes at the rate.
  void moved(std::uint64_t bytes) noexcept {
    if (bytes_per_second_ == 0) return;
    constexpr std::uint64_t second = 1'000'000'000;
    constexpr std::uint64_t day = 86'400 * second;
    const std::uint64_t earned =
        std::min(bytes, std::uint64_t{1} << 32) * second / bytes_per_second_;
    left_ = std::min(left_ + std::chrono::nanoseconds(std::min(earned, day)),
                     std::chrono::nanoseconds(day));
  }

 private:
  std::chrono::nanoseconds stall_;
  std::chrono::nanoseconds left_;
  std::uint64_t bytes_per_second_;
};

/// A wait at a pace that is left, so that its thread can do something else, and taken up again
/// when something may have changed.
class PacedWait {
 public:
  /// Nothing can go on now. `moved` tells whether anything did since the wait was taken up. False
  /// when the client has kept us waiting for too long.
  bool pause(Pace& pace, Deadline now, bool moved) noexcept {
    if (moved || !waiting_) until_ = pace.deadline(now);
    waiting_ = true;
    since_ = now;
    return now < until_;
  }
  bool waiting() const noexcept { return waiting_; }
  /// When the wait has been too long.
  Deadline until() const noexcept { return until_; }
  /// Another try begins; the time since `pause` was spent waiting.
  void resume(Pace& pace, Deadline now) noexcept {
    pace.waited(now - since_);
    since_ = now;
  }
  void end() noexcept { waiting_ = false; }

 private:
  bool waiting_ = false;
  Deadline since_{};
  Deadline until_{};
};

}  // namespace catena
