#include "catena/serve/activity.hpp"

#include <chrono>
#include <string_view>

#include "catena/runtime/log.hpp"

namespace catena {

std::string Activity::describe() const {
  const std::lock_guard lock(mutex_);
  if (exchange_ == nullptr) return {};
  const std::string_view handler = exchange_->running();
  std::string text(handler.empty() ? "sending" : handler);
  return text + " on " + log::quoted(exchange_->request.line) + " from " +
         exchange_->client.address;
}

void Activity::begin_idle() noexcept {
  idle_since_.store(std::chrono::steady_clock::now().time_since_epoch().count());
}

void Activity::begin_exchange(const Exchange& exchange) noexcept {
  const std::lock_guard lock(mutex_);
  exchange_ = &exchange;
}

void Activity::end_exchange() noexcept {
  const std::lock_guard lock(mutex_);
  exchange_ = nullptr;
}

}  // namespace catena
