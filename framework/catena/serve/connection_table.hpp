#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "catena/export.hpp"
#include "catena/http/unique_fd.hpp"
#include "catena/net/unsent_limit.hpp"
#include "catena/pipeline/exchange.hpp"
#include "catena/serve/activity.hpp"
#include "catena/serve/parking.hpp"

namespace catena {

/// The connections there are: how many, from where, which of them idle. Any thread may call.
///
/// An entry is used again for another connection once its own has left, but never goes away while
/// the table is there.
class CATENA_API ConnectionTable {
 public:
  struct Entry {
    explicit Entry(UnsentBudget& budget) noexcept : unsent(budget) {}

    UniqueFd socket;
    Client client;
    Activity activity;
    Parking parking;
    UnsentLimit unsent;
    bool taken = false;  ///< for the table: whether there is a connection
  };
  using Handle = Entry*;

  /// `on_leave` is called after each `leave`, without a lock.
  ConnectionTable(std::size_t most, std::size_t most_per_address, std::function<void()> on_leave);

  /// Whether another connection would be one too many.
  bool full() const noexcept { return places_in_use_.load() >= most_.load(); }
  bool empty() const noexcept { return places_in_use_.load() == 0; }

  /// Other limits from now on; those who are in stay.
  void set_limits(std::size_t most, std::size_t most_per_address);

  /// Keeps a place for a connection; false when the table is full. Whoever it is kept for enters,
  /// or gives it back.
  bool reserve() noexcept;
  void give_back() noexcept { places_in_use_.fetch_sub(1); }
  /// Takes the place that is kept. Null when the address has as many connections as one may have,
  /// which is never so for loopback addresses; the socket is closed, and the place still kept.
  /// Throws std::bad_alloc, to the same effect.
  Handle enter(UniqueFd socket, Client client);
  /// Closes the socket.
  void leave(Handle handle);

  /// Closes the connection that has been idle longest; false when none is.
  bool close_longest_idle();
  void close_idle();
  /// Closes those that no exchange is under way on: idle ones, and those that are waited on for the
  /// rest of a request.
  void close_without_exchange();
  /// Calls it with each connection's entry; nobody enters or leaves meanwhile.
  void for_each(const std::function<void(Entry&)>& call);
  /// What every busy connection is doing, for the log.
  std::vector<std::string> busy() const { return busy(nullptr); }
  /// The same of those that use this service.
  std::vector<std::string> busy(const Service* service) const;
  /// Whether any of them does: Activity::uses.
  bool uses(const Service& service) const;
  /// What each connection whose handlers take too long is doing, each once: Activity::overdue.
  std::vector<std::string> overdue(std::chrono::nanoseconds since_last_look,
                                   std::chrono::nanoseconds limit);

 private:
  std::atomic<std::size_t> most_;
  std::atomic<std::size_t> places_in_use_{0};
  std::size_t most_per_address_;
  const std::function<void()> on_leave_;
  mutable std::mutex mutex_;
  UnsentBudget unsent_budget_;
  std::deque<Entry> entries_;
  std::vector<Handle> free_;
  std::map<std::string, std::size_t> per_address_;  ///< but for loopback ones
};

}  // namespace catena
