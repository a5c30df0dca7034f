#include "catena/serve/parked_threads.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace catena {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto supervised_every = 5ms;
constexpr int looks_at_busy = 10;
constexpr int kept_for = 10'000;  // ms

[[noreturn]] void throw_error(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

UniqueFd checked(int fd, const char* what) {
  if (fd < 0) throw_error(what);
  return UniqueFd(fd);
}

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

/// The scheduler does not interrupt one thread for another that became ready, so that each does
/// more before it waits again. Where that can't be had, nothing but speed is lost.
void work_in_batches() noexcept {
  const sched_param none{};
  ::sched_setscheduler(0, SCHED_BATCH, &none);
}

}  // namespace

ParkedThreads::ParkedThreads(ConnectionTable& table, const CurrentService& current,
                             const std::atomic<bool>& stopping)
    : table_(table),
      current_(current),
      stopping_(stopping),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      signal_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  overdue_.reserve(256);
  epoll_event event{EPOLLIN | EPOLLET, {.ptr = nullptr}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, signal_.get(), &event) != 0)
    throw_error("epoll_ctl");
}

ParkedThreads::~ParkedThreads() {
  ending_ = true;
  rouse();
  if (supervisor_.joinable()) supervisor_.join();
  wake_one();
  for (Thread& thread : threads_) {
    if (thread.thread.joinable()) thread.thread.join();
  }
}

void ParkedThreads::apply(const Settings& settings) {
  running_ = settings.threads.running;
  most_ = settings.threads.most.value_or(settings.limits.connections);
  const Timeouts& timeouts = settings.timeouts;
  const auto shortest = std::min({timeouts.idle, timeouts.head, timeouts.stall});
  overdue_interval_ = std::clamp<std::chrono::milliseconds>(shortest / 20, 5ms, 500ms);
  rouse();
}

void ParkedThreads::admit(ConnectionTable::Handle handle) {
  if (!supervisor_.joinable()) {
    if (threads_.empty()) add_thread();
    supervisor_ = std::thread([this] { supervise(); });
  }
  handle->parking.open(steady_clock::now() + 1h);  // it can be written to, and is so served at once
  epoll_event event{EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.ptr = handle}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, handle->socket.get(), &event) != 0) {
    handle->parking.close();
    throw_error("epoll_ctl");
  }
}

void ParkedThreads::add_thread() {
  Thread& thread = threads_.emplace_back();
  ++count_;
  try {
    thread.thread = std::thread([this, &thread] { work(thread); });
  } catch (...) {
    --count_;
    threads_.pop_back();
    throw;
  }
}

void ParkedThreads::work(Thread& self) noexcept {
  work_in_batches();
  self.id = static_cast<int>(::gettid());
  std::unique_ptr<Seat> seat;
  while (const ConnectionTable::Handle handle = next(self)) serve(handle, seat);
  self.over = true;
  if (ending_) wake_one();  // the next one
}

/// A connection that is ready, and this thread's; null when the thread is to end.
ConnectionTable::Handle ParkedThreads::next(Thread& self) noexcept {
  for (;;) {
    ConnectionTable::Handle handle = nullptr;
    if (self.left_count > 0) {
      handle = self.left[--self.left_count];
    } else {
      handle = ready_.pop();
    }
    if (handle == nullptr) handle = wait(self);
    if (handle != nullptr) {
      self.turn.store((self.turn.load(std::memory_order_relaxed) | 1) + 2,
                      std::memory_order_relaxed);
      return handle;
    }
    if (ending_ || self.over) return nullptr;
  }
}

/// Waits for connections that are ready, and takes one of them. The others are left where any
/// thread can take them, so that none waits for a handler that blocks.
ConnectionTable::Handle ParkedThreads::wait(Thread& self) noexcept {
  std::array<epoll_event, events_at_once> events;
  const int timeout = count_ > running_ ? kept_for : -1;
  const std::uint64_t idle = (self.turn.load(std::memory_order_relaxed) | 1) + 1;
  self.turn.store(idle, std::memory_order_relaxed);
  const int count = ::epoll_wait(epoll_.get(), events.data(), events_at_once, timeout);
  if (count == 0 && is_superfluous()) self.over = true;
  // The supervisor looks in the other order, so that one of the two sees the other.
  self.turn.store(idle + 1);
  if (count > 0 && asleep_.load()) rouse();
  ConnectionTable::Handle first = nullptr;
  for (int at = 0; at < count; ++at) {
    const epoll_event& event = events[static_cast<std::size_t>(at)];
    const auto handle = static_cast<ConnectionTable::Handle>(event.data.ptr);
    if (handle == nullptr) continue;  // woken to look at what is ready
    if (!handle->parking.notify((event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)) continue;
    if (first == nullptr) {
      first = handle;
    } else if (!ready_.push(handle)) {
      self.left[self.left_count++] = handle;
    }
  }
  return first;
}

/// Whether there is one thread too many; asking means that it ends.
bool ParkedThreads::is_superfluous() noexcept {
  std::size_t count = count_;
  while (count > running_) {
    if (count_.compare_exchange_weak(count, count - 1)) return true;
  }
  return false;
}

void ParkedThreads::serve(ConnectionTable::Handle handle, std::unique_ptr<Seat>& seat) noexcept {
  try {
    if (serve_turns(*handle, seat)) return;
  } catch (const std::exception& failure) {
    not_served_(std::string("a connection was closed, because it could not be served: ") +
                failure.what());
    seat.reset();
  }
  handle->parking.close();
  table_.leave(handle);
}

/// Serves as long as something can go on; false when the connection is to be closed, and otherwise
/// it is parked.
bool ParkedThreads::serve_turns(ConnectionTable::Entry& entry, std::unique_ptr<Seat>& seat) {
  Parking& parking = entry.parking;
  for (;;) {
    take_up(entry, seat);
    const std::optional<Deadline> deadline = seat->connection.advance();
    if (!deadline) return false;
    if (!seat->connection.is_idle()) parking.held = std::move(seat);
    if (parking.park(*deadline)) return true;
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
  seat->stream.take_up(socket, parking.has_ended());
  if (in_the_middle) return;
  if (parking.take_new()) {
    seat->connection.attach(entry.client, entry.activity);
  } else {
    seat->connection.attach(entry.client, entry.activity, parking.deadline());
  }
}

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

/// Whether any thread is, or was since the last look, at work. Sees to it that enough are free.
bool ParkedThreads::look() {
  bool busy = false;
  std::size_t suspects = 0;
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
    if (thread->looks > 0) ++suspects;
    thread->seen = turn;
    ++thread;
  }
  if (suspects == 0 && threads_.size() >= running_) return busy;
  const std::size_t stuck = threads_.size() - suspects < running_ ? count_stuck() : suspects;
  const std::size_t free = threads_.size() - stuck;
  // As many again as are stuck, when all are: they come in crowds.
  std::size_t wanted = free == 0 ? std::max(running_.load(), stuck) : 0;
  if (free < running_) wanted = std::max(wanted, running_ - free);
  for (; wanted > 0 && threads_.size() < most_; --wanted) add_thread();
  if (!ready_.empty()) wake_one();
  return busy;
}

/// Of the threads that are still at what they were at, those that sleep, or have been at it for
/// long.
std::size_t ParkedThreads::count_stuck() const {
  return static_cast<std::size_t>(
      std::count_if(threads_.begin(), threads_.end(), [](const Thread& thread) {
        return thread.looks >= looks_at_busy || (thread.looks > 0 && sleeps(thread.id));
      }));
}

void ParkedThreads::wake_overdue() {
  const auto now = steady_clock::now();
  overdue_.clear();
  table_.for_each([this, now](ConnectionTable::Entry& entry) {
    const Parking& parking = entry.parking;
    if (!parking.is_parked() || parking.deadline() > now) return;
    if (overdue_.size() == overdue_.capacity()) return;  // the rest is for the next time
    if (entry.parking.claim()) overdue_.push_back(&entry);
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

/// Ends the waiting of a thread, if one waits.
void ParkedThreads::wake_one() const noexcept {
  const std::uint64_t one = 1;
  static_cast<void>(::write(signal_.get(), &one, sizeof one));
}

}  // namespace catena
