#include "catena/runtime/worker.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "catena/runtime/log.hpp"
#include "catena/runtime/own_thread.hpp"

namespace catena {

Worker::Worker(std::string name, std::size_t most_queued)
    : name_(std::move(name)), most_queued_(most_queued) {}

Worker::~Worker() { stop(); }

void Worker::start() {
  const std::lock_guard joining(joining_);
  const std::lock_guard lock(mutex_);
  if (started_ || stopping_) return;
  thread_ = own_thread([this] { work(); });
  started_ = true;
}

bool Worker::post(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (!started_ || stopping_ || queue_.size() >= most_queued_) return false;
    queue_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

void Worker::every(std::chrono::milliseconds interval, Job job) {
  {
    const std::lock_guard lock(mutex_);
    recurring_.push_back({interval, Clock::now() + interval, std::move(job)});
  }
  wake_.notify_one();
}

bool Worker::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Worker::stop(Waiting waiting) noexcept {
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (waiting == Waiting::drop) dropped.swap(queue_);
  }
  wake_.notify_one();
  const std::lock_guard lock(joining_);
  if (thread_.joinable()) thread_.join();
}

/// The recurring job that is due first; null when there is none.
Worker::Recurring* Worker::next_due() {
  const auto first =
      std::min_element(recurring_.begin(), recurring_.end(),
                       [](const Recurring& a, const Recurring& b) { return a.due < b.due; });
  return first == recurring_.end() ? nullptr : &*first;
}

void Worker::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    Recurring* const due = stopping_ ? nullptr : next_due();
    if (due != nullptr && due->due <= Clock::now()) {
      lock.unlock();
      run(due->job);
      lock.lock();
      due->due = Clock::now() + due->interval;
    } else if (!queue_.empty()) {
      Job job = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      run(job);
      job = nullptr;  // what it owns goes without the lock
      lock.lock();
    } else if (stopping_) {
      return;
    } else if (due != nullptr) {
      wake_.wait_until(lock, due->due);
    } else {
      wake_.wait(lock);
    }
  }
}

void Worker::run(const Job& job) const noexcept {
  try {
    try {
      job();
    } catch (const std::exception& error) {
      log::error(name_ + ": a background job failed: " + error.what());
    } catch (...) {
      log::error(name_ + ": a background job failed: it threw something that is no std::exception");
    }
  } catch (...) {
    // Without memory for the message there is none.
  }
}

}  // namespace catena
