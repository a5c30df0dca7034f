#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "catena/export.hpp"
#include "catena/pipeline/exchange.hpp"

namespace catena {

/// What other threads may ask of a connection: since when it is idle, or what it is working on.
class CATENA_API Activity {
 public:
  /// Nanoseconds of the steady clock when the connection began to wait for a request; 0 when one is
  /// under way.
  std::int64_t idle_since() const noexcept { return idle_since_.load(); }

  /// Handler and request at work, for the log; empty when there are none.
  std::string describe() const;

  /// For the connection itself.
  void begin_idle() noexcept;
  void begin_request() noexcept { idle_since_.store(0); }
  /// The exchange's request does not change until `end_exchange`, which waits for a `describe`.
  void begin_exchange(const Exchange& exchange) noexcept;
  void end_exchange() noexcept;

 private:
  std::atomic<std::int64_t> idle_since_{0};
  mutable std::mutex mutex_;
  const Exchange* exchange_ = nullptr;
};

}  // namespace catena
