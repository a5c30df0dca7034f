// What the supervisor of ParkedThreads does: threads that are stuck are replaced, and connections
// that have waited for too long are served once more, so that they find out.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "catena/http/unique_fd.hpp"
#include "catena/serve/parked_threads.hpp"

namespace catena {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto supervised_every = 5ms;
constexpr int looks_at_busy = 10;

/// Whether a thread of this process waits for something, and not just for a processor. So it is
/// taken to be where the system does not tell.
bool sleeps(int thread) {
  std::array<char, 64> path;
  std::snprintf(path.data(), path.size(), "/proc/self/task/%d/stat", thread);
  const UniqueFd file(::open(path.data(), O_RDONLY | O_CLOEXEC));
  std::array<char, 256> text;
  const ssize_t size = file ? ::read(file.get(), text.data(), text.size()) : -1;
  if (size <= 0) return true;
  // The state stands behind the name, which is in parentheses and may hold anything.
  const std::string_view stat(text.data(), static_cast<std::size_t>(size));
  const std::size_t name_end = stat.rfind(") ");
  return name_end == std::string_view::npos || stat.substr(name_end + 2, 1) != "R";
}

}  // namespace

/// Looks after threads that are stuck, and connections that have waited for too long.
void ParkedThreads::supervise() noexcept {
  auto overdue_at = steady_clock::now();
  while (!ending_) {
    try {
      const bool busy = look();
      if (steady_clock::now() >= overdue_at) {
        wake_overdue();
        overdue_at = steady_clock::now() + overdue_interval_.load();
      }
      asleep_ = !busy;
      if (asleep_ && look()) asleep_ = false;
    } catch (const std::exception& failure) {
      no_thread_(std::string("connections wait until threads that are stuck are free, because "
                             "there is no thread or memory for more: ") +
                 failure.what());
      asleep_ = false;
    }
    std::unique_lock lock(mutex_);
    const auto roused = [this] { return !asleep_ || ending_; };
    if (!asleep_) {
      roused_.wait_for(lock, supervised_every, [this] { return ending_.load(); });
    } else if (table_.empty()) {
      roused_.wait(lock, roused);
    } else {
      roused_.wait_until(lock, overdue_at, roused);
    }
    asleep_ = false;
  }
}

/// Whether any thread is, or was since the last look, at work. Has those replaced that are stuck.
bool ParkedThreads::look() {
  bool busy = false;
  std::size_t found = 0;
  for (auto thread = threads_.begin(); thread != threads_.end();) {
    if (thread->over) {
      thread->thread.join();
      thread = threads_.erase(thread);
      continue;
    }
    const std::uint64_t turn = thread->turn.load();
    const bool works = turn % 2 != 0;
    busy = busy || works || turn != thread->seen;
    thread->looks = works && turn == thread->seen ? thread->looks + 1 : 0;
    thread->seen = turn;
    Role role = Role::polls;
    if (thread->looks > 0 && thread->role == role &&
        (thread->looks >= looks_at_busy || sleeps(thread->id)) &&
        thread->role.compare_exchange_strong(role, Role::stuck)) {
      --pollers_;
      ++found;
    }
    ++thread;
  }
  replace_stuck(found);
  fill_reserve();
  if (!ready_.empty() || !paused_.empty()) wake_one();
  return busy;
}

/// Sees to it that enough threads poll. For each that was found stuck two are called, because
/// handlers that block come in crowds; who finds nothing to do is soon gone again.
void ParkedThreads::replace_stuck(std::size_t found) {
  const std::size_t pollers = pollers_;
  std::size_t missing = std::max(pollers < running_ ? running_ - pollers : 0, 2 * found);
  for (; missing > 0; --missing) {
    if (!promote() && !add_another(Role::polls)) return;
  }
}

/// Adds to the reserve as many threads as were looked for there in vain.
void ParkedThreads::fill_reserve() {
  std::size_t wanted = 0;
  {
    const std::lock_guard lock(reserve_mutex_);
    wanted = std::exchange(wanted_, 0);
  }
  while (wanted > 0 && add_another(Role::reserve)) --wanted;
}

/// False when there are as many threads as there may be.
bool ParkedThreads::add_another(Role role) {
  if (threads_.size() >= most_) return false;
  {
    const std::lock_guard lock(reserve_mutex_);
    handed_over_.reserve(threads_.size() + 1);
  }
  add_thread(role);
  return true;
}

/// Has a thread of the reserve poll; false when none waits there.
bool ParkedThreads::promote() {
  {
    const std::lock_guard lock(reserve_mutex_);
    if (handed_over_.size() + promoted_ >= in_reserve_) return false;
    ++promoted_;
    ++pollers_;
  }
  reserve_wake_.notify_one();
  return true;
}

void ParkedThreads::wake_overdue() {
  const auto now = steady_clock::now();
  overdue_.clear();
  table_.for_each([this, now](ConnectionTable::Entry& entry) {
    const Parking& parking = entry.parking;
    if (!parking.is_parked() || parking.deadline() > now) return;
    if (overdue_.size() == overdue_.capacity()) return;  // the rest is for the next time
    if (!entry.parking.claim()) return;
    entry.parking.noticed = now;
    overdue_.push_back(&entry);
  });
  for (const ConnectionTable::Handle handle : overdue_) {
    while (!ready_.push(handle) && !ending_) {
      wake_one();
      std::this_thread::sleep_for(1ms);
    }
  }
  if (!overdue_.empty()) wake_one();
}

/// Ends the supervisor's sleep.
void ParkedThreads::rouse() noexcept {
  {
    const std::lock_guard lock(mutex_);
    asleep_ = false;
  }
  roused_.notify_one();
}

}  // namespace catena
