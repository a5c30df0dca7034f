#include "catena/serve/activity.hpp"

#include <chrono>
#include <string_view>

#include <fmt/format.h>

#include "catena/runtime/log.hpp"

namespace catena {

std::string Activity::describe() const {
  const std::lock_guard lock(mutex_);
  if (exchange_ == nullptr) return {};
  const std::string_view handler = exchange_->running();
  if (!handler.empty()) return describe_exchange(std::string(handler));
  if (taken_over_by_.empty()) return describe_exchange("sending");
  return describe_exchange(std::string(taken_over_by_) + ", which took it over,");
}

std::string Activity::describe_exchange(std::string who) const {
  return who.append(" on ")
      .append(log::quoted(exchange_->request.line))
      .append(" from ")
      .append(exchange_->client.address);
}

std::string Activity::overdue(std::chrono::nanoseconds since_last_look,
                              std::chrono::nanoseconds limit) {
  const std::lock_guard lock(mutex_);
  if (exchange_ == nullptr || reported_) return {};
  const std::string_view handler = exchange_->running();
  if (handler.empty()) return {};
  if (waiting_.load(std::memory_order_relaxed)) return {};
  // How long before the first look it was at work is not known, nor added.
  if (seen_at_work_) at_work_ += since_last_look;
  seen_at_work_ = true;
  if (at_work_ < limit) return {};
  reported_ = true;
  const double seconds = std::chrono::duration<double>(limit).count();
  return describe_exchange(fmt::format("{} has not returned for {} s", handler, seconds));
}

void Activity::begin_idle(std::chrono::steady_clock::time_point now) noexcept {
  idle_since_.store(now.time_since_epoch().count());
}

/// Whoever replaces the service looks at all connections afterwards: either they see it taken here,
/// or this sees the new one.
const Service& Activity::take(const CurrentService& current) noexcept {
  const Service* service = current.load();
  for (;;) {
    service_.store(service);
    const Service* const still = current.load();
    if (still == service) return *service;
    service = still;
  }
}

void Activity::begin_exchange(const Exchange& exchange) noexcept {
  const std::lock_guard lock(mutex_);
  exchange_ = &exchange;
  taken_over_by_ = {};
  seen_at_work_ = false;
  reported_ = false;
  at_work_ = {};
}

void Activity::hand_over(std::string_view handler) noexcept {
  const std::lock_guard lock(mutex_);
  taken_over_by_ = handler;
}

void Activity::end_exchange() noexcept {
  const std::lock_guard lock(mutex_);
  exchange_ = nullptr;
}

void Activity::end() noexcept {
  end_exchange();
  end_wait();
  begin_request();
  release();
}

}  // namespace catena
