#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "catena/export.hpp"

namespace catena {

/// Background jobs on a thread of its own, one after the other: what a request should not wait for,
/// and what is to be done from time to time. A handler has one as a member, which is there before
/// `start()` too, as dry runs need it, and holds back in these:
///
///     void start() override { worker_.start(); }
///     void stop() noexcept override { worker_.stop(); }
///     void handle(Exchange& exchange, Next& next) const override {
///       next(exchange);
///       if (!exchange.dry_run) worker_.post([this] { send_a_mail(); });
///     }
///     mutable Worker worker_{"mail_sender"};
///
/// Jobs are no part of an exchange: they own what they use, or use what outlives the worker. Any
/// thread may call any of this.
class CATENA_API Worker {
 public:
  using Job = std::function<void()>;

  /// Without side effects, so that a factory may make one. `name` is what the log calls the worker;
  /// at most `most_queued` jobs wait.
  explicit Worker(std::string name, std::size_t most_queued = 1024);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  /// Stops.
  ~Worker();

  /// Starts the thread. Throws std::system_error when the system gives none. Once; after a stop it
  /// does nothing.
  void start();

  /// Queues a job; false when the worker is not started yet, its queue is full, or it is stopping,
  /// and then the job will not run. It never waits. What a job throws is logged, and the next one
  /// runs.
  bool post(Job job);

  /// Runs a job again and again, from the start to the stop: first after `interval`, then
  /// `interval` after it ended. It goes before what is queued.
  void every(std::chrono::milliseconds interval, Job job);

  /// Whether it is stopping: what a job that takes long asks now and then.
  bool stopping() const;

  /// What becomes of the jobs that still wait at the stop.
  enum class Waiting {
    finish,  ///< they are run, in their order
    drop,    ///< they are destroyed
  };
  /// Ends: no job is taken any more, the one at work is finished, and those that wait are finished
  /// or dropped. Returns when the thread has ended; called again, it does nothing. A job must not
  /// call it.
  void stop(Waiting waiting = Waiting::finish) noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  struct Recurring {
    std::chrono::milliseconds interval;
    Clock::time_point due;
    Job job;
  };
  void work();
  Recurring* next_due();
  void run(const Job& job) const noexcept;

  const std::string name_;
  const std::size_t most_queued_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queue_;
  std::deque<Recurring> recurring_;  // only grows at its end, so that places in it stay
  bool started_ = false;
  bool stopping_ = false;
  std::mutex joining_;
  std::thread thread_;
};

}  // namespace catena
