#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "catena/export.hpp"
#include "catena/serve/pause.hpp"
#include "catena/serve/work.hpp"

namespace catena {

/// Whether a thread that finds nothing to do is to stay awake for a moment, and to look again and
/// again, before it sleeps. A client that sends its next request as soon as it has the answer is
/// then served without anything being woken; but a moment in which nothing comes is lost, and what
/// it costs to sleep and to be woken differs from machine to machine, and with who runs where.
///
/// So threads stay awake once they have slept every 100 microseconds on average, while half of a
/// processor or more was idle. They do as long as serving a connection takes no more time of the
/// processors than it did while they slept, it is done every 100 microseconds on average, and a
/// tenth of a processor is left idle besides. When two looks find it otherwise, or a short trial at
/// the beginning, or one look that a thread was stuck, so that others are needed, they leave it for
/// a while (`Pause`). For one thread.
class CATENA_API Wakefulness {
 public:
  using Clock = Pause::Clock;

  /// What was seen since the last look.
  struct Seen {
    std::chrono::nanoseconds passed{0};
    /// Of processors, by how many; 0.25 is a quarter of one for all of the time.
    double idle = 0;
    std::uint64_t sleeps = 0;  ///< how often threads came to run
    Work work;
    std::size_t stuck = 0;  ///< how often one was found so, or not enough
  };

  /// Whether they are to stay awake from now on.
  bool look(const Seen& seen, Clock::time_point now) noexcept;
  /// Likewise, after 25 ms of it, by what was done since then.
  bool try_out(const Work& work, Clock::time_point now) noexcept;

 private:
  bool on_ = false;
  bool paid_ = false;  ///< until the last look
  Work asleep_;        ///< when it was last decided to stay awake
  Pause left_;
};

}  // namespace catena
