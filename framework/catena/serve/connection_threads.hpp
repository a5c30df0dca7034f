#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "catena/export.hpp"

namespace catena {

/// Threads that serve connections: one for each connection at work, kept for the next one when it
/// ends, and let go when nothing has come for a while.
class CATENA_API ConnectionThreads {
 public:
  using Job = std::function<void()>;

  ConnectionThreads() = default;
  ConnectionThreads(const ConnectionThreads&) = delete;
  ConnectionThreads& operator=(const ConnectionThreads&) = delete;
  /// Waits until every job is done.
  ~ConnectionThreads();

  /// Runs the job on a thread that has nothing to do, or on a new one. Throws std::system_error
  /// when the system gives no thread, and std::bad_alloc; the job is then not run. Jobs must not
  /// throw.
  void run(Job job);

 private:
  void work(std::list<std::thread>::iterator self);
  void join_ended();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;  // each has a waiting thread
  std::size_t waiting_ = 0;
  bool ending_ = false;
  std::list<std::thread> threads_;
  std::list<std::thread> ended_;
};

}  // namespace catena
