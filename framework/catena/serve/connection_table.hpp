#pragma once

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
    UniqueFd socket;
    Client client;
    Activity activity;
    Parking parking;
    bool taken = false;  ///< for the table: whether there is a connection
  };
  using Handle = Entry*;

  /// `on_leave` is called after each `leave`, without a lock.
  ConnectionTable(std::size_t most, std::size_t most_per_address, std::function<void()> on_leave);

  /// Whether another connection would be one too many.
  bool full() const;
  bool empty() const;
  /// Whether the address has as many connections as one may have; never so for loopback addresses.
  bool full_for(const std::string& address) const;

  /// Other limits from now on; those who are in stay.
  void set_limits(std::size_t most, std::size_t most_per_address);

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
  std::size_t most_;
  std::size_t most_per_address_;
  const std::function<void()> on_leave_;
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
  std::vector<Handle> free_;
  std::map<std::string, std::size_t> per_address_;
};

}  // namespace catena
