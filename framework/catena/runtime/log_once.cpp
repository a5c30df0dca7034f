#include "catena/runtime/log_once.hpp"

#include <string>

namespace catena {

void LogOnce::operator()(std::string_view message, Clock::time_point now) noexcept {
  if (!log::enabled(level_)) return;
  Clock::rep until = silent_until_.load(std::memory_order_relaxed);
  const Clock::rep next = (now + interval_).time_since_epoch().count();
  // Of threads that come at once, the one that moves the moment on speaks.
  if (now.time_since_epoch().count() < until ||
      !silent_until_.compare_exchange_strong(until, next, std::memory_order_relaxed)) {
    held_back_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const std::uint64_t held_back = held_back_.exchange(0, std::memory_order_relaxed);
  if (held_back == 0) {
    log::write(level_, message);
    return;
  }
  try {
    std::string text(message);
    text.append(" (and ").append(std::to_string(held_back));
    text.append(held_back == 1 ? " time" : " times").append(" since this was last logged)");
    log::write(level_, text);
  } catch (...) {
    log::write(level_, message);
  }
}

void LogOnce::operator()(std::string_view message, const std::exception& cause) noexcept {
  try {
    (*this)(std::string(message).append(": ").append(cause.what()));
  } catch (...) {
    (*this)(message);
  }
}

}  // namespace catena
