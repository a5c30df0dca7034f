#pragma once

#include <chrono>

#include "catena/export.hpp"
#include "catena/serve/connection_table.hpp"

namespace catena {

/// Names, in the log, handlers that work on a request for too long: each request once. It looks
/// from time to time, so that requests pay nothing for it; it tells up to two intervals late. Time
/// that a handler waits for the request's body does not count, nor what happens once the chain has
/// returned.
class CATENA_API Watchdog {
 public:
  using Clock = std::chrono::steady_clock;

  /// A limit of 0 is none.
  explicit Watchdog(std::chrono::milliseconds limit) noexcept;

  std::chrono::milliseconds limit() const noexcept { return limit_; }
  /// How long to wait from one look to the next; 0 when there is nothing to look for.
  std::chrono::milliseconds interval() const noexcept { return interval_; }

  void look(ConnectionTable& connections, Clock::time_point now = Clock::now());

 private:
  std::chrono::milliseconds limit_;
  std::chrono::milliseconds interval_;
  Clock::time_point last_look_{};
};

}  // namespace catena
