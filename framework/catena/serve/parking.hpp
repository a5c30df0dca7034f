#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "catena/export.hpp"
#include "catena/net/deadline.hpp"

namespace catena {

struct Lane;
struct Seat;

/// Whether a connection waits without a thread, and what it waits with. Notifications come on any
/// thread, also while another one serves the connection: it is then served once more before it
/// waits again. Whoever claims the connection is its owner until it parks or closes it.
class CATENA_API Parking {
 public:
  Parking();
  ~Parking();
  Parking(const Parking&) = delete;
  Parking& operator=(const Parking&) = delete;

  /// A new connection waits; it is served for the first time when it is claimed.
  void open(Deadline deadline) noexcept;
  /// A new connection, whose owner the caller is at once.
  void open_claimed() noexcept;

  /// Something happened to the connection; `ended` says that the client has finished sending, or
  /// is gone. True when the caller is the owner now.
  bool notify(bool ended) noexcept;
  /// True when the connection waited, and the caller is the owner now.
  bool claim() noexcept;

  /// For the owner: waits again, with what is in `held`. False when there was a notification, and
  /// the owner is to serve on; afterwards it is owner no more.
  bool park(Deadline deadline) noexcept;
  void close() noexcept;
  bool has_ended() const noexcept { return ended_.load(std::memory_order_relaxed); }
  /// Whether it is served for the first time; asking means that it was.
  bool take_new() noexcept;
  /// Whether it was slow to serve the last time. The owner's, like `held`.
  bool slow = false;
  /// When it was last found that something happened to it. The owner's as well.
  Deadline noticed{};
  /// Which epoll set tells of it, and of which events; none while they are 0. And when it was last
  /// looked whether another set is nearer, and how often it has waited since.
  struct Watch {
    Lane* lane = nullptr;
    std::uint32_t events = 0;
    int times = 0;
    Deadline looked{};
  };
  /// The owner's as well.
  Watch watch;
  /// What a connection needs that waits in the middle of a request; null for an idle one.
  std::unique_ptr<Seat> held;

  /// When the wait has been too long. Any thread, while the connection waits.
  Deadline deadline() const noexcept {
    return Deadline(Deadline::duration(deadline_.load(std::memory_order_relaxed)));
  }
  bool is_parked() const noexcept { return state_.load() == State::parked; }

 private:
  enum class State : std::uint8_t { closed, parked, running, signalled };

  void open_as(State state) noexcept;

  std::atomic<State> state_{State::closed};
  std::atomic<bool> ended_{false};
  std::atomic<Deadline::rep> deadline_{0};
  bool new_ = true;
};

}  // namespace catena
