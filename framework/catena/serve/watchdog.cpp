#include "catena/serve/watchdog.hpp"

#include <algorithm>
#include <string>

#include "catena/runtime/log.hpp"

namespace catena {
namespace {

using namespace std::chrono_literals;

}  // namespace

Watchdog::Watchdog(std::chrono::milliseconds limit) noexcept
    : limit_(limit), interval_(limit == 0ms ? 0ms : std::clamp(limit / 10, 5ms, 1000ms)) {}

void Watchdog::look(ConnectionTable& connections, Clock::time_point now) {
  const auto since_last_look = now - last_look_;
  last_look_ = now;
  for (const std::string& text : connections.overdue(since_last_look, limit_)) {
    log::warn(text);
  }
}

}  // namespace catena
