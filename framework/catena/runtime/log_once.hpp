#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string_view>

#include "catena/export.hpp"
#include "catena/runtime/log.hpp"

namespace catena {

/// Logs a condition that repeats (no descriptors left, a peer that refuses) without filling the
/// log: its first occurrence at once, then one line a minute at most, with the number of
/// occurrences that were held back. One object a condition, usually static; any thread.
class CATENA_API LogOnce {
 public:
  using Clock = std::chrono::steady_clock;

  explicit LogOnce(log::Level level, Clock::duration interval = std::chrono::minutes(1)) noexcept
      : interval_(interval), level_(level) {}

  /// Neither throws nor, while held back, allocates.
  void operator()(std::string_view message, Clock::time_point now = Clock::now()) noexcept;
  /// The same with the cause behind it, as far as there is memory for that. Does not throw.
  void operator()(std::string_view message, const std::exception& cause) noexcept;

 private:
  const Clock::duration interval_;
  const log::Level level_;
  std::atomic<Clock::rep> silent_until_{Clock::time_point::min().time_since_epoch().count()};
  std::atomic<std::uint64_t> held_back_{0};
};

}  // namespace catena
