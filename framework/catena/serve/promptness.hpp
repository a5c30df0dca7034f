#pragma once

#include <chrono>
#include <cstdint>

#include "catena/export.hpp"
#include "catena/serve/pause.hpp"
#include "catena/serve/work.hpp"

namespace catena {

/// Whether a thread that is woken is to run at once, instead of the one that has the processor, or
/// to wait until that one has done what it is at. While threads wait, more comes for them to do, so
/// they are woken less often; but where the one that has the processor is the only client, it falls
/// asleep meanwhile, and then has to be woken itself, which takes longer than to answer.
///
/// So threads run at once when nothing comes together: when they came to run about as often as they
/// served a connection, and that was every 100 microseconds on average. They do as long as that is
/// so and serving a connection takes no more of the processors' time than it did before. When the
/// first look finds it otherwise, or two in a row, they leave it for a while (`Pause`). For one
/// thread.
class CATENA_API Promptness {
 public:
  using Clock = Pause::Clock;

  /// What was seen since the last look.
  struct Seen {
    std::chrono::nanoseconds passed{0};
    std::uint64_t runs = 0;  ///< how often threads came to run
    Work work;
  };

  /// Whether they are to run at once from now on.
  bool look(const Seen& seen, Clock::time_point now) noexcept;

 private:
  bool on_ = false;
  bool paid_ = false;  ///< until the last look
  Work before_;        ///< what was done in the look before it was on
  Pause left_;
};

}  // namespace catena
