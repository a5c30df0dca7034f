// What the supervisor of ParkedThreads does: threads that are stuck are replaced, and connections
// that have waited for too long are served once more, so that they find out.

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "catena/runtime/scheduling.hpp"
#include "catena/serve/parked_threads.hpp"

namespace catena {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto supervised_every = 5ms;
constexpr int looks_at_busy = 10;
// Where one thread polls alone, sooner: others wait for it.
constexpr int looks_at_busy_alone = 2;
constexpr int looks_at_backlog_alone = 20;
constexpr auto waits_looked_at_every = 250ms;

}  // namespace

/// Looks after threads that are stuck, and connections that have waited for too long.
void ParkedThreads::supervise() noexcept {
  auto overdue_at = steady_clock::now();
  looked_.at = overdue_at;
  looked_.idle = scheduling::idle_time().value_or(0ms);
  looked_.work = work_so_far();
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
      no_thread_(
          "connections wait until threads that are stuck are free, because there is no thread or "
          "memory for more",
          failure);
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
  bool held_up = false;
  for (auto thread = threads_.begin(); thread != threads_.end();) {
    if (thread->over) {
      thread->thread.join();
      looked_.served_by_gone += thread->served;
      thread = threads_.erase(thread);
      continue;
    }
    const std::uint64_t turn = thread->turn.load();
    const bool works = turn % 2 != 0;
    busy = busy || works || turn != thread->seen;
    thread->looks = works && turn == thread->seen ? thread->looks + 1 : 0;
    thread->seen = turn;
    if (thread->looks > 0) judge(*thread);
    held_up = held_up || (thread->looks >= looks_at_busy_alone && thread->role == Role::polls);
    ++thread;
  }
  bool ready = !paused_.empty();
  for (Lane& lane : lanes_) {
    lane.backlog = lane.ready.empty() ? 0 : lane.backlog + 1;
    ready = ready || lane.backlog > 0;
    held_up = held_up || lane.stuck > 0 || lane.backlog >= looks_at_backlog_alone;
  }
  if (held_up && lanes_.stays_awake()) let_all_poll();
  for (Lane& lane : lanes_) replace_stuck(lane);
  fill_reserve();
  if (ready) lanes_.wake();
  if (busy) look_at_waits();
  if (busy && alertness_.tries()) wait_in(alertness_.try_out(work_so_far(), steady_clock::now()));
  return busy;
}

/// Counts the thread as stuck when it polls, and sleeps at what it is at or has been there for
/// long.
void ParkedThreads::judge(Thread& thread) {
  if (thread.role != Role::polls) return;
  if (thread.looks < looks_at_busy && !scheduling::sleeps(thread.id)) return;
  if (thread.turn.load() != thread.seen) return;  // it sleeps because it is done
  const std::lock_guard lock(reserve_mutex_);     // so that it stays in its lane
  Role role = Role::polls;
  if (!thread.role.compare_exchange_strong(role, Role::stuck)) return;
  --thread.own_lane().pollers;
  ++thread.own_lane().stuck;
  ++looked_.stuck_since;
}

/// Ends that one thread polls alone, staying awake, because it is not enough.
void ParkedThreads::let_all_poll() { wait_in(alertness_.leave(steady_clock::now())); }

/// Sees to it that enough threads poll. For each that was found stuck two are called, because
/// handlers that block come in crowds; who finds nothing to do is soon gone again.
void ParkedThreads::replace_stuck(Lane& lane) {
  const std::size_t found = std::exchange(lane.stuck, 0);
  const std::size_t pollers = lane.pollers;
  const std::size_t running = lane.wanted();
  std::size_t missing = std::max(pollers < running ? running - pollers : 0, 2 * found);
  for (; missing > 0; --missing) {
    if (!promote(lane) && !add_another(Role::polls, lane)) return;
  }
}

/// Adds to the reserve as many threads as were looked for there in vain.
void ParkedThreads::fill_reserve() {
  std::size_t wanted = 0;
  {
    const std::lock_guard lock(reserve_mutex_);
    wanted = std::exchange(wanted_, 0);
  }
  while (wanted > 0 && add_another(Role::reserve, lanes_.first())) --wanted;
}

/// False when there are as many threads as there may be.
bool ParkedThreads::add_another(Role role, Lane& lane) {
  if (threads_.size() >= most_) return false;
  {
    const std::lock_guard lock(reserve_mutex_);
    handed_over_.reserve(threads_.size() + 1);
  }
  add_thread(role, lane);
  return true;
}

/// Has a thread of the reserve poll; false when none waits there.
bool ParkedThreads::promote(Lane& lane) {
  {
    const std::lock_guard lock(reserve_mutex_);
    if (handed_over_.size() + promoted_.size() >= in_reserve_) return false;
    promoted_.push_back(&lane);
    ++lane.pollers;
  }
  reserve_wake_.notify_one();
  return true;
}

/// Sees to it that no thread waits for a near processor while another is idle, and that they wait
/// for what comes in the manner that serves most.
void ParkedThreads::look_at_waits() {
  const auto now = steady_clock::now();
  const auto passed = now - looked_.at;
  if (passed < waits_looked_at_every) return;
  looked_.at = now;
  const auto idle = scheduling::idle_time().value_or(looked_.idle);
  const auto idle_now = idle - std::exchange(looked_.idle, idle);
  using Seconds = std::chrono::duration<double>;
  const double idle_processors = Seconds(idle_now) / Seconds(passed);
  for (Lane& lane : lanes_) lane.seen = {passed, 0ns, 0, idle_processors};
  for (Thread& thread : threads_) {
    const auto waits = scheduling::waits_for_processor(thread.id);
    if (!waits) continue;
    const scheduling::Waits before = std::exchange(thread.waits, *waits);
    if (thread.role != Role::polls) continue;
    thread.own_lane().seen.waited += waits->time - before.time;
    thread.own_lane().seen.waits += waits->count - before.count;
  }
  std::uint64_t runs = 0;
  for (Lane& lane : lanes_) {
    runs += lane.seen.waits;
    if (lanes_.tell_of_waits()) lane.keeps_near = lane.nearness.look(lane.seen, now);
  }
  const Work before = std::exchange(looked_.work, work_so_far());
  const Work work = looked_.work.since(before);
  const std::size_t stuck = std::exchange(looked_.stuck_since, 0);
  wait_in(alertness_.look({passed, idle_processors, runs, work, stuck}, now));
}

void ParkedThreads::wait_in(Manner manner) noexcept {
  at_once_ = manner != Manner::in_batches;
  lanes_.stay_awake(manner == Manner::awake);
}

Work ParkedThreads::work_so_far() const noexcept {
  std::uint64_t served = looked_.served_by_gone;
  for (const Thread& thread : threads_) served += thread.served.load(std::memory_order_relaxed);
  return {served, scheduling::time_used()};
}

void ParkedThreads::wake_overdue() {
  const auto now = steady_clock::now();
  table_.for_each([this, now](ConnectionTable::Entry& entry) {
    const Parking& parking = entry.parking;
    if (!parking.is_parked() || parking.deadline() > now) return;
    if (overdue_.size() == overdue_.capacity()) return;  // the rest is for the next time
    if (!entry.parking.claim()) return;
    entry.parking.noticed = now;
    overdue_.push_back(&entry);
  });
  if (overdue_.empty()) return;
  // Where there is no room, it is tried the next time.
  std::erase_if(overdue_, [](ConnectionTable::Handle handle) {
    return handle->parking.watch.lane->ready.push(handle);
  });
  lanes_.wake();
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
