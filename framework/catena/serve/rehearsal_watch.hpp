#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <thread>

#include "catena/export.hpp"
#include "catena/serve/activity.hpp"

namespace catena {

/// Looks after dry runs, of which one goes on at a time: names in the log, once for each, what one
/// is at when it takes too long, and tells whoever asks meanwhile.
class CATENA_API RehearsalWatch {
 public:
  /// The handler at work and its request; empty when no dry run is under way. Any thread.
  std::string at_work() const;

  /// The time that one dry run takes. A limit of 0 is none.
  class CATENA_API Turn {
   public:
    /// Both outlive it.
    Turn(RehearsalWatch& watch, const Activity& activity, std::chrono::milliseconds limit);
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn();

   private:
    RehearsalWatch& watch_;
    std::jthread thread_;
  };

 private:
  mutable std::mutex mutex_;
  const Activity* activity_ = nullptr;
};

}  // namespace catena
