#pragma once

#include <chrono>
#include <cstdint>

#include "catena/export.hpp"
#include "catena/serve/pause.hpp"

namespace catena {

/// Whether threads are to be kept to the processors that their work arrives at. There, nothing has
/// to be woken that sleeps, and what they need is in its cache; but who is kept to one waits for it
/// though another may have nothing to do.
///
/// So they are kept until they have waited for more than 30 microseconds each time, about what it
/// takes to wake a processor that sleeps, while of the system's processors a quarter of one or more
/// was idle; or for more than a millisecond, where they waited less often than every millisecond,
/// because a few waits say little: a processor that has slept for long is slow to begin again. They
/// are then let go for a while (`Pause`). One object for all threads of a lane; for one thread.
class CATENA_API Nearness {
 public:
  using Clock = Pause::Clock;

  /// What was seen since the last look.
  struct Seen {
    std::chrono::nanoseconds passed{0};
    std::chrono::nanoseconds waited{0};  ///< by the threads, for a processor
    std::uint64_t waits = 0;             ///< how many waits that were
    /// Of processors, by how many; 0.25 is a quarter of one for all of the time.
    double idle = 0;
  };

  /// Whether they are to be kept from now on.
  bool look(const Seen& seen, Clock::time_point now) noexcept;

 private:
  Pause let_go_;
};

}  // namespace catena
