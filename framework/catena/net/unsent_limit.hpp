#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "catena/export.hpp"
#include "catena/net/deadline.hpp"

namespace catena {

/// For how many connections at once the kernel may hold much that is not sent yet. Any thread.
class CATENA_API UnsentBudget {
 public:
  /// As many as take a 64th of the machine's memory, and no more than 64.
  UnsentBudget() noexcept;
  explicit UnsentBudget(std::size_t connections) noexcept : left_(connections) {}

  /// False when there are as many as may be.
  bool take() noexcept;
  void give_back() noexcept { left_.fetch_add(1, std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> left_;
};

/// How much of what a connection sends the kernel may hold beyond what is on its way
/// (TCP_NOTSENT_LOWAT): little, so that clients that read slowly, or not at all, don't use up the
/// memory that the system has for all connections (net.ipv4.tcp_mem); but much for a client that
/// takes what it gets so fast that its sender would be woken again and again, as long as there are
/// not many of these. One thread at a time.
class CATENA_API UnsentLimit {
 public:
  /// In bytes. A listening socket has this set, and its connections inherit it.
  static constexpr int little = 128 * 1024;
  static constexpr int much = 4 * 1024 * 1024;

  /// The budget must outlive it.
  explicit UnsentLimit(UnsentBudget& budget) noexcept : budget_(budget) {}
  UnsentLimit(const UnsentLimit&) = delete;
  UnsentLimit& operator=(const UnsentLimit&) = delete;
  ~UnsentLimit() { end(); }

  /// The socket takes no more for now, but has taken this many bytes since it last did not. True
  /// when it has more room after this, and is to be tried again.
  bool blocked(int socket, std::uint64_t taken, Deadline now) noexcept;
  /// The connection is over; the next one begins with little.
  void end() noexcept;

 private:
  enum class State : std::uint8_t {
    unasked,  ///< it has not blocked yet
    little,
    much,
    unknown,  ///< to the system, as for local sockets, which hold little by themselves
  };

  UnsentBudget& budget_;
  State state_ = State::unasked;
  Deadline since_{};         ///< when it blocked
  std::uint64_t taken_ = 0;  ///< since then
};

}  // namespace catena
