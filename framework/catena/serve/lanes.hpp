#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "catena/http/unique_fd.hpp"
#include "catena/runtime/scheduling.hpp"
#include "catena/serve/connection_table.hpp"
#include "catena/serve/nearness.hpp"
#include "catena/serve/ready_queue.hpp"

namespace catena {

/// Where connections wait whose packets arrive at the same processors, and who looks there.
struct Lane {
  explicit Lane(const std::atomic<bool>& threads_stay_awake);

  UniqueFd set;  ///< epoll's
  /// What some thread was told of. Every thread that polls the set takes from it.
  ReadyQueue<ConnectionTable::Entry, 1024> ready;
  Lane* beside = this;                  ///< another one, where there are several; fixed as well
  std::vector<int> processors;          ///< fixed once threads are there
  std::atomic<std::size_t> running{0};  ///< threads that are to poll in general
  std::atomic<std::size_t> pollers{0};  ///< threads whose role it is
  std::atomic<bool> keeps_near{false};  ///< whether they are kept to the processors
  /// Whether who finds nothing to do stays awake for a moment; in all lanes, or in none. Then only
  /// one thread polls: of several, epoll would wake one that sleeps.
  const std::atomic<bool>& stays_awake;

  /// How many threads are to poll now.
  std::size_t wanted() const noexcept { return stays_awake ? 1 : running.load(); }

  // The supervisor's.
  std::size_t stuck = 0;  ///< found at this look
  int backlog = 0;        ///< how many looks in a row have found something ready
  Nearness nearness;
  Nearness::Seen seen;
};

/// All lanes, and which processor belongs to which.
class Lanes {
 public:
  /// Throws std::system_error when the system has no epoll set.
  Lanes();

  /// How many threads are to poll, at least one in each lane. The first call also says how many
  /// lanes there are: two threads to each, but no more lanes than processors; and a single one
  /// where there may not be `most` threads that can take the place of stuck ones.
  void open(std::size_t running, std::size_t most);

  auto begin() noexcept { return lanes_.begin(); }
  auto end() noexcept { return lanes_.end(); }
  Lane& first() noexcept { return lanes_.front(); }

  /// The lane that is nearest to where the socket's last packet arrived.
  Lane& nearest(int socket) noexcept;
  /// Whether there are several, and the system tells what Nearness wants to know.
  bool tell_of_waits() const noexcept { return tell_of_waits_; }
  /// Keeps the calling thread to the processors of its lane, or lets it go.
  void keep_near(const Lane& lane) const noexcept { scheduling::run_on(lane.processors); }
  void let_go() const noexcept { scheduling::run_on(usable_); }

  /// Whether threads stay awake.
  bool stays_awake() const noexcept { return stays_awake_; }
  void stay_awake(bool from_now_on) noexcept { stays_awake_ = from_now_on; }

  /// Has one thread of each lane, if it waits, look at what is ready.
  void wake() const noexcept;

 private:
  void add();

  const std::vector<int> usable_;
  const UniqueFd signal_;  ///< an eventfd that wakes a thread that waits
  std::atomic<bool> stays_awake_{false};
  std::deque<Lane> lanes_;
  std::vector<Lane*> by_processor_;
  bool tell_of_waits_ = false;
};

}  // namespace catena
