// How the threads of ParkedThreads find what is to be served.

#include <sched.h>
#include <sys/epoll.h>

#include <utility>

#include "catena/serve/mark.hpp"
#include "catena/serve/parked_threads.hpp"

namespace catena {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto moment = 40us;

}  // namespace

/// A connection that is ready, from where the thread polls; null when there is none for it.
ConnectionTable::Handle ParkedThreads::poll(Thread& self) noexcept {
  keep_near(self, self.own_lane().keeps_near.load(std::memory_order_relaxed));
  run_at_once(self, at_once_.load(std::memory_order_relaxed));
  ConnectionTable::Handle handle = nullptr;
  if (self.left_count > 0) {
    handle = self.left[--self.left_count];
  } else {
    handle = self.own_lane().ready.pop();
  }
  if (handle == nullptr) {
    if (Door* const door = paused_.pop(); door != nullptr && door->resume()) {
      let_in(*door, self, handle);
    }
  }
  if (handle == nullptr) handle = wait(self);
  return handle != nullptr && handle->parking.slow && hand_over(handle) ? nullptr : handle;
}

/// Keeps the thread to the processors of its lane, or lets it go, unless that is so already.
void ParkedThreads::keep_near(Thread& self, bool near) const noexcept {
  if (self.kept_near == near) return;
  self.kept_near = near;
  if (near) {
    lanes_.keep_near(self.own_lane());
  } else {
    lanes_.let_go();
  }
}

/// Has the thread run at once when it is woken, or not, unless that is so already.
void ParkedThreads::run_at_once(Thread& self, bool at_once) const noexcept {
  if (self.runs_at_once == at_once) return;
  self.runs_at_once = at_once;
  if (at_once) {
    scheduling::work_as_usual();
  } else {
    scheduling::work_in_batches();
  }
}

/// Waits for connections that are ready or new, and takes one of them. The others are left where
/// any thread can take them, so that none waits for a handler that blocks.
ConnectionTable::Handle ParkedThreads::wait(Thread& self) noexcept {
  Events events;
  self.end_turn();
  const int forever = -1;
  const Lane& lane = self.own_lane();
  const bool stays = lane.pollers <= lane.wanted();
  int count = stays ? stay_awake(lane, events) : 0;
  if (count <= 0) {
    const int timeout = stays && lane.ready.empty() ? forever : 0;
    count = ::epoll_wait(lane.set.get(), events.data(), events_at_once, timeout);
  }
  begin_turn(self);
  const auto now = steady_clock::now();
  ConnectionTable::Handle first = nullptr;
  for (int at = 0; at < count; ++at) {
    const epoll_event& event = events[static_cast<std::size_t>(at)];
    if (Door* const door = door_of(event.data.ptr)) {
      if (door->enter()) let_in(*door, self, first);
      continue;
    }
    const ConnectionTable::Handle handle = connection_of(event.data.ptr);
    if (handle == nullptr) continue;  // woken to look at what is ready
    if (!handle->parking.notify((event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)) continue;
    handle->parking.noticed = now;
    if (first == nullptr) {
      first = handle;
    } else if (!self.own_lane().ready.push(handle)) {
      self.left[self.left_count++] = handle;
    }
  }
  return first;
}

/// Begins a turn, and has the supervisor look after it.
void ParkedThreads::begin_turn(Thread& self) noexcept {
  // The supervisor looks in the other order, so that one of the two sees the other.
  self.turn.store(self.turn.load(std::memory_order_relaxed) + 1);
  if (asleep_.load()) rouse();
}

/// Looks for a moment, again and again, what comes: how many events it is; 0 or less when there is
/// none. One thread does so at a time, and lets others that are ready have the processor meanwhile.
int ParkedThreads::stay_awake(const Lane& lane, Events& events) noexcept {
  if (!lane.stays_awake.load(std::memory_order_relaxed)) return 0;
  if (one_is_awake_.exchange(true, std::memory_order_acquire)) return 0;
  const auto until = steady_clock::now() + moment;
  int count = 0;
  do {
    count = ::epoll_wait(lane.set.get(), events.data(), events_at_once, 0);
    if (count != 0) break;
    ::sched_yield();
  } while (lane.ready.empty() && steady_clock::now() < until);
  one_is_awake_.store(false, std::memory_order_release);
  return count;
}

/// Lets in who has connected; but not so many that the first of them waits for long.
void ParkedThreads::let_in(Door& door, Thread& self, ConnectionTable::Handle& first) noexcept {
  using Kind = Entrance::Arrival::Kind;
  std::size_t count = 0;
  do {
    for (;;) {
      if (count == let_in_at_once || self.left_count > 0) return pause(door);
      const Entrance::Arrival arrival = entrance_.let_in_next(door.socket());
      if (arrival.kind == Kind::nobody) break;
      if (!arrival.has_come()) return door.give_up();
      ++count;
      if (arrival.handle == nullptr) continue;
      arrival.handle->parking.open_claimed();
      if (first == nullptr) {
        first = arrival.handle;
      } else if (!self.own_lane().ready.push(arrival.handle)) {
        self.left[self.left_count++] = arrival.handle;
      }
    }
  } while (!door.leave());
}

/// Leaves the rest to whoever has nothing else to do.
void ParkedThreads::pause(Door& door) noexcept {
  if (door.pause() && !paused_.push(&door) && door.resume()) door.give_up();
}

}  // namespace catena
