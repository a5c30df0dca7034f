#pragma once

#include "catena/runtime/log.hpp"

namespace catena::testing {

/// Keeps the program's log silent, for tests that make things go wrong on purpose.
class QuietLog {
 public:
  QuietLog() { log::set_level(log::Level::off); }
  QuietLog(const QuietLog&) = delete;
  QuietLog& operator=(const QuietLog&) = delete;
  ~QuietLog() { log::set_level(log::Level::info); }
};

}  // namespace catena::testing
