#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "catena/export.hpp"
#include "catena/pipeline/exchange.hpp"
#include "catena/runtime/shown.hpp"

namespace catena {

struct Service;

/// What connections serve now. It may be replaced at any time by another one.
using CurrentService = std::atomic<const Service*>;

/// What other threads may ask of a connection: since when it is idle, what it is working on, and
/// which service it uses for that.
class CATENA_API Activity {
 public:
  /// Nanoseconds of the steady clock when the connection began to wait for a request; 0 when one is
  /// under way.
  std::int64_t idle_since() const noexcept { return idle_since_.load(); }

  /// Handler and request at work, for the log; empty when there are none.
  std::string describe() const;

  /// For whoever looks from time to time whether a handler takes too long: tells how much time went
  /// by since the last look. Once in an exchange, when handlers were found at work for `limit` in
  /// all, it returns a line for the log that names the one at work; otherwise nothing. Time in
  /// which the request's body is waited for is the client's, and does not count.
  std::string overdue(std::chrono::nanoseconds since_last_look, std::chrono::nanoseconds limit);

  /// Whether the service may not be destroyed yet for this connection's sake. To be asked after
  /// another one has become the current one: once it is false then, this connection does not use
  /// that service again.
  bool uses(const Service& service) const noexcept { return service_.load() == &service; }

  /// For the connection itself.
  void begin_idle(
      std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now()) noexcept;
  void begin_request() noexcept { idle_since_.store(0, std::memory_order_release); }
  /// The current service, which lives until `release`, even when another one takes its place.
  const Service& take(const CurrentService& current) noexcept;
  void release() noexcept { service_.store(nullptr, std::memory_order_release); }
  /// The exchange's request does not change until `end_exchange`, which waits only for a `describe`
  /// or an `overdue` that is under way.
  void begin_exchange(const Exchange& exchange) noexcept;
  void end_exchange() noexcept;
  /// The connection is over, whatever it was at; nothing of it is used any more.
  void end() noexcept;
  /// The handler of that name, which outlives the exchange, has taken the connection over.
  void hand_over(std::string_view handler) noexcept;
  /// Around a wait for the request's body.
  void begin_wait() noexcept { waiting_.store(true, std::memory_order_relaxed); }
  void end_wait() noexcept { waiting_.store(false, std::memory_order_relaxed); }

 private:
  /// What others are shown.
  struct Work {
    const Exchange* exchange = nullptr;
    std::string_view taken_over_by;
    std::uint64_t number = 0;  ///< of the exchange, on this connection
  };
  /// What was found out about it from look to look.
  struct Findings {
    std::uint64_t number = 0;
    bool at_work = false;
    bool reported = false;
    std::chrono::nanoseconds time{};
  };

  static std::string line(std::string who, const Exchange& exchange);

  std::atomic<std::int64_t> idle_since_{0};
  std::atomic<bool> waiting_{false};
  std::atomic<const Service*> service_{nullptr};
  Work work_;
  Work taken_over_;  ///< the same, once a handler has the connection
  Shown<Work> shown_;
  Findings findings_;
};

}  // namespace catena
