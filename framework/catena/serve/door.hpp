#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "catena/export.hpp"

namespace catena {

/// Lets one thread at a time accept on a listening socket, of several that are told when somebody
/// has connected. While it is shut, accepting is for whoever shut it.
///
/// A thread that comes while another one is inside does not wait: the other one looks once more. So
/// nobody is forgotten though each connection may be told of just once.
class CATENA_API Door {
 public:
  Door() = default;
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  /// For one thread, while it is shut, as it is at first. The socket stays the caller's. `given_up`
  /// is called by a thread that gives up.
  void open(int socket, std::function<void()> given_up);
  /// For the same thread: once this returns, no thread is inside or comes in.
  void shut() noexcept;

  /// Somebody may have connected. True when the caller is inside: it then accepts until nobody
  /// waits, and leaves; or pauses, or gives up.
  bool enter() noexcept;
  /// False when somebody may have connected meanwhile: the caller is inside still, and looks again.
  bool leave() noexcept;
  /// Leaves, though more may wait: nobody enters until one resumes. False when the door is shut
  /// now, and nobody has to.
  bool pause() noexcept;
  /// True when accepting had paused, and the caller is inside.
  bool resume() noexcept;
  /// Says that accepting can't go on, shuts the door, and leaves.
  void give_up() noexcept;
  /// For who is inside.
  int socket() const noexcept { return socket_; }

 private:
  enum class State : std::uint8_t {
    shut,
    empty,     ///< open, and nobody inside
    paused,    ///< the same, but to be entered by who resumes
    entered,   ///< somebody is inside
    knocked,   ///< and is to look once more
    shutting,  ///< and is to leave it shut
  };

  std::atomic<State> state_{State::shut};
  int socket_ = -1;
  std::function<void()> given_up_;
};

}  // namespace catena
