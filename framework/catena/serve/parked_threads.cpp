#include "catena/serve/parked_threads.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

#include "catena/runtime/own_thread.hpp"
#include "catena/runtime/scheduling.hpp"
#include "catena/serve/mark.hpp"

namespace catena {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kept_for = 10s;
constexpr auto quick_enough = 1ms;  // a connection that takes no longer needs no reserve
// How often it is looked where a connection's packets arrive.
constexpr int requests_between_looks = 32;
constexpr auto time_between_looks = 10ms;
// A client that is answered before it sleeps is moved now and then, for it keeps a processor busy
// while another is idle. Where it is by then costs a wake each time, until its thread is there.
constexpr int fewer_requests_between_looks = 8;

constexpr std::uint32_t to_read = EPOLLIN | EPOLLRDHUP | EPOLLET;
constexpr std::uint32_t to_read_and_write = to_read | EPOLLOUT;

[[noreturn]] void throw_error(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

ParkedThreads::ParkedThreads(ConnectionTable& table, Entrance& entrance,
                             const CurrentService& current, const std::atomic<bool>& stopping)
    : table_(table), entrance_(entrance), current_(current), stopping_(stopping) {
  overdue_.reserve(256);
}

ParkedThreads::~ParkedThreads() {
  ending_ = true;
  rouse();
  if (supervisor_.joinable()) supervisor_.join();
  lanes_.wake();
  { const std::lock_guard lock(reserve_mutex_); }
  reserve_wake_.notify_all();
  for (Thread& thread : threads_) {
    if (thread.thread.joinable()) thread.thread.join();
  }
}

void ParkedThreads::apply(const Settings& settings) {
  most_ = settings.threads.most.value_or(settings.limits.connections);
  lanes_.open(settings.threads.running, most_);
  const Timeouts& timeouts = settings.timeouts;
  const auto shortest = std::min({timeouts.idle, timeouts.head, timeouts.stall});
  overdue_interval_ = std::clamp<std::chrono::milliseconds>(shortest / 20, 5ms, 500ms);
  rouse();
}

void ParkedThreads::admit(ConnectionTable::Handle handle) {
  begin();
  Lane& lane = lanes_.nearest(handle->socket.get());
  handle->parking.open(steady_clock::now() + 1h);
  handle->parking.watch.events = to_read_and_write;
  handle->parking.watch.lane = &lane;
  // It can be written to, and is so served at once.
  epoll_event event{to_read_and_write, {.ptr = mark_of(*handle)}};
  if (::epoll_ctl(lane.set.get(), EPOLL_CTL_ADD, handle->socket.get(), &event) != 0) {
    handle->parking.close();
    throw_error("epoll_ctl");
  }
}

/// Has the first threads begin, if they have not.
void ParkedThreads::begin() {
  if (supervisor_.joinable()) return;
  for (Lane& lane : lanes_) {
    if (lane.pollers == 0) add_thread(Role::polls, lane);
  }
  supervisor_ = own_thread([this] { supervise(); });
}

Door& ParkedThreads::open_door(int socket, std::function<void()> given_up) {
  begin();
  if (free_doors_.empty()) {
    free_doors_.reserve(doors_.size() + 1);
    free_doors_.push_back(&doors_.emplace_back());
  }
  Door& door = *free_doors_.back();
  door.open(socket, std::move(given_up));
  // One lane is told of who connects: one where a thread waits, if there is any.
  for (const Lane& lane : lanes_) {
    epoll_event event{EPOLLIN | EPOLLET | EPOLLEXCLUSIVE, {.ptr = mark_of(door)}};
    if (::epoll_ctl(lane.set.get(), EPOLL_CTL_ADD, socket, &event) == 0) continue;
    const int error = errno;
    door.shut();
    forget(socket);
    throw std::system_error(error, std::generic_category(), "epoll_ctl");
  }
  free_doors_.pop_back();
  return door;
}

void ParkedThreads::shut_door(Door& door) noexcept {
  door.shut();
  forget(door.socket());
  free_doors_.push_back(&door);
}

/// No lane is told of the socket any more.
void ParkedThreads::forget(int socket) noexcept {
  for (const Lane& lane : lanes_) ::epoll_ctl(lane.set.get(), EPOLL_CTL_DEL, socket, nullptr);
}

void ParkedThreads::add_thread(Role role, Lane& lane) {
  Thread& thread = threads_.emplace_back();
  thread.role = role;
  thread.lane = &lane;
  thread.called = role == Role::polls;
  if (role == Role::polls) ++lane.pollers;
  try {
    thread.thread = own_thread([this, &thread] { work(thread); });
  } catch (...) {
    if (role == Role::polls) --lane.pollers;
    threads_.pop_back();
    throw;
  }
}

void ParkedThreads::work(Thread& self) noexcept {
  scheduling::work_in_batches();
  self.id = static_cast<int>(::gettid());
  std::unique_ptr<Seat> seat;
  while (const ConnectionTable::Handle handle = next(self)) {
    self.turn.store((self.turn.load(std::memory_order_relaxed) | 1) + 2, std::memory_order_relaxed);
    serve(handle, self, seat);
    self.served.store(self.served.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  self.over = true;
  if (ending_) lanes_.wake();  // the next one
}

/// A connection that is ready, and this thread's; null when the thread is to end.
ConnectionTable::Handle ParkedThreads::next(Thread& self) noexcept {
  for (;;) {
    settle_role(self);
    const bool serves = self.role == Role::polls || self.left_count > 0;
    const ConnectionTable::Handle handle = serves ? poll(self) : wait_in_reserve(self);
    if (handle != nullptr) return handle;
    if (ending_ || self.over) return nullptr;
  }
}

/// Whoever was found stuck has been replaced. It polls again only where one is missing, and whoever
/// is one too many stops; but not before it has polled once, because it was called for, nor while
/// something is ready.
void ParkedThreads::settle_role(Thread& self) noexcept {
  Role role = self.role;
  if (role == Role::stuck) self.role = role = Role::reserve;
  if (role == Role::polls && std::exchange(self.called, false)) return;
  Lane& lane = self.own_lane();
  if (role == Role::polls && !lane.ready.empty()) return;  // nobody else may know of it
  std::size_t pollers = lane.pollers;
  while (role == Role::polls ? pollers > lane.wanted() : pollers < lane.wanted()) {
    const std::size_t wanted = role == Role::polls ? pollers - 1 : pollers + 1;
    if (!lane.pollers.compare_exchange_weak(pollers, wanted)) continue;
    const Role other = role == Role::polls ? Role::reserve : Role::polls;
    // Found stuck in this moment, it was taken from the pollers by the supervisor, too.
    if (!self.role.compare_exchange_strong(role, other)) {
      ++lane.pollers;
      self.role = Role::reserve;
    }
    return;
  }
}

/// Leaves a connection to a thread of the reserve; false when none waits there, which is to be so
/// no longer.
bool ParkedThreads::hand_over(ConnectionTable::Handle handle) noexcept {
  {
    const std::lock_guard lock(reserve_mutex_);
    const bool none_waits = handed_over_.size() + promoted_.size() >= in_reserve_;
    if (none_waits || handed_over_.size() == handed_over_.capacity()) {
      ++wanted_;
      return false;
    }
    handed_over_.push_back(handle);
  }
  reserve_wake_.notify_one();
  return true;
}

/// Waits for a connection that is handed over. Null when the thread is to poll, or to end.
ConnectionTable::Handle ParkedThreads::wait_in_reserve(Thread& self) noexcept {
  keep_near(self, false);
  run_at_once(self, false);
  self.end_turn();
  std::unique_lock lock(reserve_mutex_);
  ++in_reserve_;
  const bool found = reserve_wake_.wait_for(
      lock, kept_for, [this] { return !handed_over_.empty() || !promoted_.empty() || ending_; });
  --in_reserve_;
  if (!handed_over_.empty()) {
    const ConnectionTable::Handle handle = handed_over_.back();
    handed_over_.pop_back();
    lock.unlock();
    begin_turn(self);
    return handle;
  }
  if (!promoted_.empty()) {
    self.lane = promoted_.back();
    promoted_.pop_back();
    self.called = true;
    self.role = Role::polls;
  }
  if (!found) self.over = true;
  return nullptr;
}

void ParkedThreads::serve(ConnectionTable::Handle handle, const Thread& self,
                          std::unique_ptr<Seat>& seat) noexcept {
  try {
    if (serve_turns(*handle, self, seat)) return;
  } catch (const std::exception& failure) {
    not_served_("a connection was closed, because it could not be served", failure);
    // What the response holds may be the work of the service's handlers, so it goes before that.
    handle->activity.end_exchange();
    seat.reset();
    handle->parking.held.reset();
    handle->activity.end();
  }
  handle->parking.close();
  table_.leave(handle);
}

/// Serves as long as something can go on; false when the connection is to be closed, and otherwise
/// it is parked.
bool ParkedThreads::serve_turns(ConnectionTable::Entry& entry, const Thread& self,
                                std::unique_ptr<Seat>& seat) {
  Parking& parking = entry.parking;
  const bool polls = self.role == Role::polls;
  for (;;) {
    take_up(entry, seat);
    const auto began = polls ? steady_clock::time_point{} : steady_clock::now();
    const std::optional<Deadline> deadline = seat->connection.advance();
    if (!deadline) return false;
    parking.slow = polls ? self.role == Role::stuck : steady_clock::now() - began > quick_enough;
    const bool sends = seat->connection.is_sending();
    const bool sent_file = seat->stream.sent_file();
    if (!seat->connection.is_idle()) parking.held = std::move(seat);
    go_near(entry, sent_file);
    watch(entry, sends);
    if (parking.park(*deadline)) return true;
    parking.noticed = steady_clock::now();
  }
}

/// Makes the seat ready to serve the connection on from where it stands.
void ParkedThreads::take_up(ConnectionTable::Entry& entry, std::unique_ptr<Seat>& seat) {
  Parking& parking = entry.parking;
  const int socket = entry.socket.get();
  const bool in_the_middle = parking.held != nullptr;
  if (in_the_middle) {
    seat = std::move(parking.held);
  } else if (!seat) {
    seat = std::make_unique<Seat>(current_, stopping_);
  }
  seat->stream.take_up(socket, entry.unsent, parking.has_ended());
  if (in_the_middle) return;
  if (parking.take_new()) {
    seat->connection.attach(entry.client, entry.activity);
  } else {
    seat->connection.attach(entry.client, entry.activity, parking.deadline(), parking.noticed);
  }
}

/// Has the connection wait in the lane where its packets arrive; or in another one when it gets
/// files, so that its client can read while they are still being sent, unless threads run at once:
/// then few clients wait for each answer, and to wake them elsewhere takes longer than they read.
/// It is looked at now and then only: neither clients nor the network change processors with each
/// request.
void ParkedThreads::go_near(ConnectionTable::Entry& entry, bool sent_file) noexcept {
  Parking::Watch& watch = entry.parking.watch;
  const Deadline now = entry.parking.noticed;
  const bool is_watched = watch.events != 0;
  const bool at_once = at_once_.load(std::memory_order_relaxed);
  if (is_watched) {
    const int requests = at_once ? fewer_requests_between_looks : requests_between_looks;
    if (++watch.times < requests) return;
    if (!at_once && now - watch.looked < time_between_looks) return;
  }
  Lane& nearest = lanes_.nearest(entry.socket.get());
  Lane& wanted = sent_file && !at_once ? *nearest.beside : nearest;
  if (is_watched && watch.lane != &wanted) {
    ::epoll_ctl(watch.lane->set.get(), EPOLL_CTL_DEL, entry.socket.get(), nullptr);
    watch.events = 0;
  }
  watch.lane = &wanted;
  watch.times = 0;
  watch.looked = now;
}

/// Has the set tell of the connection, as far as it does not yet. What is there by now is told,
/// too.
void ParkedThreads::watch(ConnectionTable::Entry& entry, bool for_writing) {
  Parking::Watch& watch = entry.parking.watch;
  const std::uint32_t wanted = watch.events | (for_writing ? to_read_and_write : to_read);
  if (wanted == watch.events) return;
  epoll_event event{wanted, {.ptr = mark_of(entry)}};
  const int change = watch.events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  const int set = watch.lane->set.get();
  if (::epoll_ctl(set, change, entry.socket.get(), &event) != 0) throw_error("epoll_ctl");
  watch.events = wanted;
}

}  // namespace catena
