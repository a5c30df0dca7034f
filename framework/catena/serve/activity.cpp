#include "catena/serve/activity.hpp"

#include <chrono>
#include <string_view>

#include <fmt/format.h>

#include "catena/runtime/log.hpp"

namespace catena {

std::string Activity::describe() const {
  std::string text;
  shown_.look([&text](const Work& work) {
    const std::string_view handler = work.exchange->running();
    if (!handler.empty()) {
      text = line(std::string(handler), *work.exchange);
    } else if (work.taken_over_by.empty()) {
      text = line("sending", *work.exchange);
    } else {
      text = line(std::string(work.taken_over_by) + ", which took it over,", *work.exchange);
    }
  });
  return text;
}

std::string Activity::line(std::string who, const Exchange& exchange) {
  return who.append(" on ")
      .append(log::quoted(exchange.request.line))
      .append(" from ")
      .append(exchange.client.address);
}

std::string Activity::overdue(std::chrono::nanoseconds since_last_look,
                              std::chrono::nanoseconds limit) {
  std::string text;
  shown_.look([&](const Work& work) {
    if (findings_.number != work.number) findings_ = {.number = work.number};
    const std::string_view handler = work.exchange->running();
    if (findings_.reported || handler.empty()) return;
    if (waiting_.load(std::memory_order_relaxed)) return;
    // How long before the first look it was at work is not known, nor added.
    if (findings_.at_work) findings_.time += since_last_look;
    findings_.at_work = true;
    if (findings_.time < limit) return;
    findings_.reported = true;
    const double seconds = std::chrono::duration<double>(limit).count();
    text = line(fmt::format("{} has not returned for {} s", handler, seconds), *work.exchange);
  });
  return text;
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
  work_ = {.exchange = &exchange, .taken_over_by = {}, .number = work_.number + 1};
  shown_.show(work_);
}

void Activity::hand_over(std::string_view handler) noexcept {
  taken_over_ = work_;
  taken_over_.taken_over_by = handler;
  shown_.show(taken_over_);
}

void Activity::end_exchange() noexcept { shown_.take_back(); }

void Activity::end() noexcept {
  end_exchange();
  end_wait();
  begin_request();
  release();
}

}  // namespace catena
