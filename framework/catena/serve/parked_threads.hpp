#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "catena/runtime/log_once.hpp"
#include "catena/serve/alertness.hpp"
#include "catena/serve/connection.hpp"
#include "catena/serve/connection_table.hpp"
#include "catena/serve/door.hpp"
#include "catena/serve/entrance.hpp"
#include "catena/serve/lanes.hpp"
#include "catena/serve/ready_queue.hpp"
#include "catena/serve/seat.hpp"
#include "catena/serve/settings.hpp"
#include "catena/serve/work.hpp"

namespace catena {

/// Few threads for many connections. What waits for a client is parked in an edge-triggered epoll
/// set: an idle connection, half a head, a response that the client does not take. A free thread
/// takes what is ready, serves it as far as that goes without waiting, and parks it again.
/// Listening sockets are in each set as well: a thread that finds somebody there lets them in, and
/// serves them at once. A connection enters a set when it first has to wait.
///
/// Each set is for the connections whose packets arrive at some of the processors, and its threads
/// are kept to those, as long as they need not wait for them (`Lanes`, `Nearness`). How they wait
/// for what comes is measured (`Alertness`): in batches, at once, or one of all awake for a moment
/// before it sleeps. Then one thread polls each set, as long as that is enough.
///
/// Handlers may block. Only `running` threads poll. A supervisor looks every 5 ms: one of
/// those that is still at what it was at during the last look, and sleeps, is stuck; one that
/// computes, or waits for a processor, is after 50 ms. Two others are called for it, from the
/// reserve or new ones, as long as there are not more than `most`. Who is called polls once, and
/// stops after that when it is one too many. What was stuck joins the reserve when it is done. The
/// connection that it was at goes to the reserve from then on, until it was quick again, and for
/// each that finds nobody there the reserve gets one more, so handlers that always block keep no
/// thread from polling. Threads in the reserve end when nothing has come for 10 s.
class ParkedThreads {
 public:
  /// All of them outlive this object.
  ParkedThreads(ConnectionTable& table, Entrance& entrance, const CurrentService& current,
                const std::atomic<bool>& stopping);
  ParkedThreads(const ParkedThreads&) = delete;
  ParkedThreads& operator=(const ParkedThreads&) = delete;
  /// Waits until every thread has done what it is at. Connections that are parked stay so.
  ~ParkedThreads();

  /// How many threads there are, and how exactly timeouts are kept. For one thread, and once before
  /// the first `admit` and `open_door`.
  void apply(const Settings& settings);

  /// From now on the connection is served. Its socket must not block; when it is to be closed, it
  /// leaves the table. For the thread that calls `apply`. Throws std::system_error when the system
  /// has no room or no thread; the connection is then still the caller's.
  void admit(ConnectionTable::Handle handle);

  /// From now on the threads accept on the listening socket, which stays the caller's, must not
  /// block and is not closed before the door is shut. When the table is full, or accepting fails, a
  /// thread shuts the door and calls `given_up`. For the thread that calls `apply`. Throws as
  /// `admit` does; the door is then not open.
  Door& open_door(int socket, std::function<void()> given_up);
  /// Once this returns no thread accepts there. To be called also after they have given up, and not
  /// by `given_up`. For the same thread.
  void shut_door(Door& door) noexcept;

 private:
  static constexpr std::size_t events_at_once = 16;
  static constexpr std::size_t let_in_at_once = 16;
  using Events = std::array<epoll_event, events_at_once>;

  enum class Role : std::uint8_t {
    polls,
    stuck,    ///< was found so in its turn, and is counted among those that poll no more
    reserve,  ///< serves what is handed over
  };
  /// The supervisor's last look at how threads wait.
  struct LastLook {
    Deadline at{};
    std::chrono::milliseconds idle{0};  ///< of processors until then
    Work work;                          ///< until then
    std::uint64_t served_by_gone = 0;   ///< by threads that have ended
    std::size_t stuck_since = 0;        ///< how often threads were found so
  };
  struct Thread {
    /// Odd while it works, and another number for each connection that it serves.
    std::atomic<std::uint64_t> turn{0};
    std::atomic<std::uint64_t> served{0};  ///< how often a connection was
    std::atomic<int> id{0};                ///< as the system calls it
    std::uint64_t seen = 0;                ///< the supervisor's: its turn at the last look
    int looks = 0;                         ///< the supervisor's: how many have found it at the same
    std::atomic<Role> role{Role::polls};
    std::atomic<Lane*> lane{nullptr};  ///< changes with the mutex of the reserve held
    bool called = false;               ///< to poll, and has not yet
    bool kept_near = false;            ///< to the processors of its lane
    bool runs_at_once = false;         ///< when it is woken
    scheduling::Waits waits;           ///< the supervisor's: at its last look
    std::atomic<bool> over{false};
    /// What is ready and had no room in the queue.
    std::array<ConnectionTable::Handle, events_at_once> left{};
    std::size_t left_count = 0;
    std::thread thread;

    Lane& own_lane() const noexcept { return *lane.load(std::memory_order_relaxed); }
    void end_turn() noexcept {
      turn.store((turn.load(std::memory_order_relaxed) | 1) + 1, std::memory_order_relaxed);
    }
  };

  void begin();
  void add_thread(Role role, Lane& lane);
  void work(Thread& self) noexcept;
  ConnectionTable::Handle next(Thread& self) noexcept;
  void settle_role(Thread& self) noexcept;
  ConnectionTable::Handle poll(Thread& self) noexcept;
  ConnectionTable::Handle wait(Thread& self) noexcept;
  int stay_awake(const Lane& lane, Events& events) noexcept;
  ConnectionTable::Handle wait_in_reserve(Thread& self) noexcept;
  void begin_turn(Thread& self) noexcept;
  void let_in(Door& door, Thread& self, ConnectionTable::Handle& first) noexcept;
  void pause(Door& door) noexcept;
  void forget(int socket) noexcept;
  void keep_near(Thread& self, bool near) const noexcept;
  void run_at_once(Thread& self, bool at_once) const noexcept;
  bool hand_over(ConnectionTable::Handle handle) noexcept;
  void serve(ConnectionTable::Handle handle, const Thread& self,
             std::unique_ptr<Seat>& seat) noexcept;
  bool serve_turns(ConnectionTable::Entry& entry, const Thread& self, std::unique_ptr<Seat>& seat);
  void take_up(ConnectionTable::Entry& entry, std::unique_ptr<Seat>& seat);
  void go_near(ConnectionTable::Entry& entry, bool sent_file) noexcept;
  void watch(ConnectionTable::Entry& entry, bool for_writing);

  void supervise() noexcept;
  bool look();
  void judge(Thread& thread);
  void let_all_poll();
  void replace_stuck(Lane& lane);
  void fill_reserve();
  bool add_another(Role role, Lane& lane);
  bool promote(Lane& lane);
  void look_at_waits();
  void wait_in(Manner manner) noexcept;
  Work work_so_far() const noexcept;
  void wake_overdue();
  void rouse() noexcept;

  ConnectionTable& table_;
  Entrance& entrance_;
  const CurrentService& current_;
  const std::atomic<bool>& stopping_;
  Lanes lanes_;
  std::deque<Door> doors_;         // never freed, because events may come late
  std::vector<Door*> free_doors_;  // has room for all
  ReadyQueue<Door, 64> paused_;    // where more may have connected
  LogOnce not_served_{log::Level::warn};
  LogOnce no_thread_{log::Level::warn};

  std::atomic<std::size_t> most_{0};
  std::atomic<std::chrono::milliseconds> overdue_interval_{std::chrono::milliseconds(500)};
  std::atomic<bool> ending_{false};

  std::atomic<bool> at_once_{false};       ///< threads that poll run at once when they are woken
  std::atomic<bool> one_is_awake_{false};  ///< a thread stays so, with nothing to do

  std::mutex reserve_mutex_;
  std::condition_variable reserve_wake_;
  std::size_t in_reserve_ = 0;                        ///< threads that wait there
  std::vector<Lane*> promoted_;                       ///< of which one is to poll in each
  std::size_t wanted_ = 0;                            ///< by those that found no thread there
  std::vector<ConnectionTable::Handle> handed_over_;  ///< each has a thread that waits
  std::list<Thread> threads_;                         // the supervisor's, once it is there
  std::vector<ConnectionTable::Handle> overdue_;      // the supervisor's
  LastLook looked_;                                   // the supervisor's
  Alertness alertness_;                               // the supervisor's

  std::mutex mutex_;
  std::condition_variable roused_;
  std::atomic<bool> asleep_{false};
  std::thread supervisor_;
};

}  // namespace catena
