#pragma once

#include <chrono>
#include <optional>

#include "catena/export.hpp"

namespace catena {

/// For how long to leave what did not pay: for a second, and for twice as long each time that it
/// has to be left again within ten seconds, up to a minute. For one thread.
class CATENA_API Pause {
 public:
  using Clock = std::chrono::steady_clock;

  void begin(Clock::time_point now) noexcept;
  /// Whether one has begun, and was not over at the last `lasts`.
  bool is_on() const noexcept { return until_.has_value(); }
  /// Whether it goes on. It is over once this is false.
  bool lasts(Clock::time_point now) noexcept;

 private:
  std::optional<Clock::time_point> until_;
  std::optional<Clock::time_point> ended_;
  std::chrono::seconds length_{1};
};

}  // namespace catena
