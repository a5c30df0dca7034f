#include "catena/serve/rehearsal_watch.hpp"

#include <condition_variable>
#include <stop_token>
#include <system_error>

#include <fmt/format.h>

#include "catena/runtime/log.hpp"
#include "catena/runtime/own_thread.hpp"

namespace catena {

std::string RehearsalWatch::at_work() const {
  const std::lock_guard lock(mutex_);
  return activity_ == nullptr ? std::string() : activity_->describe();
}

RehearsalWatch::Turn::Turn(RehearsalWatch& watch, const Activity& activity,
                           std::chrono::milliseconds limit)
    : watch_(watch) {
  {
    const std::lock_guard lock(watch_.mutex_);
    watch_.activity_ = &activity;
  }
  if (limit.count() == 0) return;
  try {
    const SignalsHeldBack held_back;
    thread_ = std::jthread([&activity, limit](const std::stop_token& over) {
      std::mutex mutex;
      std::unique_lock lock(mutex);
      std::condition_variable_any never;
      never.wait_for(lock, over, limit, [] { return false; });
      if (over.stop_requested()) return;
      const std::string what = activity.describe();
      log::warn(fmt::format("a dry run has not ended after {} s: {}",
                            std::chrono::duration<double>(limit).count(),
                            what.empty() ? "handlers are told that it is over" : what));
    });
  } catch (const std::system_error&) {
    // Without a thread for it the dry run goes on unwatched.
  }
}

RehearsalWatch::Turn::~Turn() {
  const std::lock_guard lock(watch_.mutex_);
  watch_.activity_ = nullptr;
}

}  // namespace catena
