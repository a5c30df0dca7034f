#include "catena/serve/connection_threads.hpp"

#include <chrono>
#include <utility>

#include "catena/runtime/own_thread.hpp"

namespace catena {
namespace {

constexpr std::chrono::seconds kept_for{30};

}  // namespace

ConnectionThreads::~ConnectionThreads() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  for (;;) {
    std::list<std::thread> last;
    {
      const std::lock_guard lock(mutex_);
      last.splice(last.end(), threads_);
      last.splice(last.end(), ended_);
    }
    if (last.empty()) return;
    for (std::thread& thread : last) thread.join();
  }
}

void ConnectionThreads::run(Job job) {
  join_ended();
  const std::lock_guard lock(mutex_);
  if (waiting_ > jobs_.size()) {
    jobs_.push_back(std::move(job));
    wake_.notify_one();
    return;
  }
  // The thread takes its own place in the list once the lock is free, and this job with it.
  const auto self = threads_.emplace(threads_.end());
  jobs_.push_front(std::move(job));
  ++waiting_;
  try {
    *self = own_thread([this, self] { work(self); });
  } catch (...) {
    --waiting_;
    jobs_.pop_front();
    threads_.erase(self);
    throw;
  }
}

void ConnectionThreads::work(std::list<std::thread>::iterator self) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const bool found = wake_.wait_for(lock, kept_for, [this] { return !jobs_.empty() || ending_; });
    --waiting_;
    if (!found || jobs_.empty()) break;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
    ++waiting_;
  }
  if (!ending_) ended_.splice(ended_.end(), threads_, self);
}

void ConnectionThreads::join_ended() {
  std::list<std::thread> ended;
  {
    const std::lock_guard lock(mutex_);
    ended.splice(ended.end(), ended_);
  }
  for (std::thread& thread : ended) thread.join();
}

}  // namespace catena
