#include "catena/serve/connection_table.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "catena/net/address.hpp"

namespace catena {
namespace {

/// Wakes the thread that waits for the connection's next request; it finds the end and closes.
void wake_idle(const ConnectionTable::Entry& entry) { ::shutdown(entry.socket.get(), SHUT_RD); }

}  // namespace

ConnectionTable::ConnectionTable(std::size_t most, std::size_t most_per_address,
                                 std::function<void()> on_leave)
    : most_(most), most_per_address_(most_per_address), on_leave_(std::move(on_leave)) {}

void ConnectionTable::set_limits(std::size_t most, std::size_t most_per_address) {
  const std::lock_guard lock(mutex_);
  most_ = most;
  most_per_address_ = most_per_address;
}

bool ConnectionTable::reserve() noexcept {
  std::size_t in_use = places_in_use_;
  while (in_use < most_.load()) {
    if (places_in_use_.compare_exchange_weak(in_use, in_use + 1)) return true;
  }
  return false;
}

ConnectionTable::Handle ConnectionTable::enter(UniqueFd socket, Client client) {
  const bool is_counted = !is_loopback(client.address);
  const std::lock_guard lock(mutex_);
  if (free_.empty()) {
    // So that to leave needs no memory.
    if (free_.capacity() <= entries_.size()) free_.reserve(2 * entries_.size() + 16);
    free_.push_back(&entries_.emplace_back(unsent_budget_));
  }
  const Handle handle = free_.back();
  if (is_counted) {
    std::size_t& count = per_address_[client.address];
    if (count >= most_per_address_) return nullptr;
    ++count;
  }
  free_.pop_back();
  handle->socket = std::move(socket);
  handle->client = std::move(client);
  handle->taken = true;
  return handle;
}

void ConnectionTable::leave(Handle handle) {
  {
    UniqueFd closed_without_lock;
    const std::lock_guard lock(mutex_);
    closed_without_lock = std::move(handle->socket);
    // A loopback address is not there.
    const auto count = per_address_.find(handle->client.address);
    if (count != per_address_.end() && --count->second == 0) per_address_.erase(count);
    handle->taken = false;
    handle->activity.end();
    handle->unsent.end();
    free_.push_back(handle);
    give_back();
  }
  on_leave_();
}

bool ConnectionTable::close_longest_idle() {
  const std::lock_guard lock(mutex_);
  const Entry* longest = nullptr;
  std::int64_t since = INT64_MAX;
  for (const Entry& entry : entries_) {
    const std::int64_t idle_since = entry.taken ? entry.activity.idle_since() : 0;
    if (idle_since != 0 && idle_since < since) {
      since = idle_since;
      longest = &entry;
    }
  }
  if (longest == nullptr) return false;
  wake_idle(*longest);
  return true;
}

void ConnectionTable::close_idle() {
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (entry.taken && entry.activity.idle_since() != 0) wake_idle(entry);
  }
}

void ConnectionTable::close_without_exchange() {
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (entry.taken && entry.activity.describe().empty()) wake_idle(entry);
  }
}

std::vector<std::string> ConnectionTable::busy(const Service* service) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> texts;
  for (const Entry& entry : entries_) {
    if (service != nullptr && !entry.activity.uses(*service)) continue;
    std::string text = entry.activity.describe();
    if (!text.empty()) texts.push_back(std::move(text));
  }
  return texts;
}

std::vector<std::string> ConnectionTable::overdue(std::chrono::nanoseconds since_last_look,
                                                  std::chrono::nanoseconds limit) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> texts;
  for (Entry& entry : entries_) {
    std::string text = entry.activity.overdue(since_last_look, limit);
    if (!text.empty()) texts.push_back(std::move(text));
  }
  return texts;
}

void ConnectionTable::for_each(const std::function<void(Entry&)>& call) {
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) {
    if (entry.taken) call(entry);
  }
}

bool ConnectionTable::uses(const Service& service) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(entries_.begin(), entries_.end(),
                     [&service](const Entry& entry) { return entry.activity.uses(service); });
}

}  // namespace catena
