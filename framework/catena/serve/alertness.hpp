#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "catena/export.hpp"
#include "catena/serve/pause.hpp"
#include "catena/serve/work.hpp"

namespace catena {

/// How threads that poll wait for what comes, each more alert than the one before.
enum class Manner : std::uint8_t {
  /// A thread that is woken waits until the one that has the processor has done what it is at. More
  /// comes meanwhile, so threads are woken less often; but where the one that has the processor is
  /// the only client, it falls asleep, and has to be woken itself, which takes longer than to
  /// answer.
  in_batches,
  /// A thread that is woken runs at once.
  at_once,
  /// Besides, a thread that finds nothing to do stays awake for a moment, and looks again and
  /// again, before it sleeps. A client that sends its next request as soon as it has the answer is
  /// then served without anything being woken; but a moment in which nothing comes is lost.
  awake,
};

/// Which manner of waiting serves most. What it costs to sleep and to be woken differs from machine
/// to machine, with how many clients there are, and with who runs where, so it is measured.
///
/// Threads wait in batches first. When two looks in a row find that they came to run every 200
/// microseconds on average, others are tried: to run at once, where nothing came together, that is
/// when threads came to run about as often as they served a connection; and to stay awake, where
/// half of a processor or more was idle and no thread was stuck. Each is tried for 0.4 seconds, in
/// the first half of which the system finds out who is to run where. Of those that take no more of
/// the processors' time for each time that a connection is served than batches did, but for a
/// tenth, the one that served most is used; where several did, again but for a tenth, the one of
/// them that took least. Where that is in batches, or it is not found out within five seconds, the
/// others are left for a while (`Pause`).
///
/// What was chosen is used for half a minute before all are tried again. It ends sooner when
/// threads have less to do; when they run at once, and more comes together; and it is left for a
/// while when two looks in a row find that it takes more than batches did and a tenth, or that
/// threads stay awake where less than a tenth of a processor is idle besides. For one thread.
class CATENA_API Alertness {
 public:
  using Clock = Pause::Clock;

  /// What was seen since the last look.
  struct Seen {
    std::chrono::nanoseconds passed{0};
    /// Of processors, by how many; 0.25 is a quarter of one for all of the time.
    double idle = 0;
    std::uint64_t runs = 0;  ///< how often threads came to run
    Work work;
    std::size_t stuck = 0;  ///< how often a thread was found so
  };

  /// The manner from now on. To be asked every quarter of a second or so while there is work.
  Manner look(const Seen& seen, Clock::time_point now) noexcept;
  /// Whether a manner is being tried.
  bool tries() const noexcept { return trying_ != 0; }
  /// The manner from now on, by all that was done so far. To be asked every few milliseconds while
  /// one is being tried and there is work; the time in which there is none does not count.
  Manner try_out(const Work& so_far, Clock::time_point now) noexcept;
  /// Leaves what is used or tried for a while, because others are needed where a thread is stuck.
  Manner leave(Clock::time_point now) noexcept;

 private:
  struct Tried {
    Manner manner = Manner::in_batches;
    std::chrono::nanoseconds passed{0};
    Work work;
  };

  Manner begin(const Seen& seen, Clock::time_point now) noexcept;
  Manner go_on(const Seen& seen, Clock::time_point now) noexcept;
  Manner try_next(Clock::time_point now) noexcept;
  Manner choose(Clock::time_point now) noexcept;
  Manner wait_in_batches() noexcept;

  Manner manner_ = Manner::in_batches;
  bool was_wanted_ = false;        ///< by the last look: to try others
  bool is_new_ = false;            ///< since the last look
  bool paid_ = false;              ///< until the last look
  Clock::time_point tried_until_;  ///< at the latest
  Clock::time_point tried_again_at_;
  Pause left_;

  std::array<Tried, 3> tried_;           ///< in batches first
  std::size_t count_ = 0;                ///< of those that are tried, or were the last time
  std::size_t trying_ = 0;               ///< which of them; 0 is none
  Clock::time_point asked_;              ///< when it was last asked for while it is tried
  std::chrono::nanoseconds settled_{0};  ///< for how long it has, so far
  Work before_;                          ///< what was done until it had settled
};

}  // namespace catena
