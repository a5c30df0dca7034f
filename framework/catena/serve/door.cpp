#include "catena/serve/door.hpp"

#include <thread>
#include <utility>

namespace catena {

void Door::open(int socket, std::function<void()> given_up) {
  socket_ = socket;
  given_up_ = std::move(given_up);
  state_ = State::empty;
}

void Door::shut() noexcept {
  State seen = state_;
  while (seen != State::shut) {
    if (seen == State::shutting) {
      std::this_thread::yield();  // to accept takes who is inside a moment
      seen = state_;
    } else {
      const bool occupied = seen == State::entered || seen == State::knocked;
      const State next = occupied ? State::shutting : State::shut;
      if (state_.compare_exchange_weak(seen, next)) seen = next;
    }
  }
  given_up_ = nullptr;
}

bool Door::enter() noexcept {
  State seen = state_;
  for (;;) {
    if (seen != State::empty && seen != State::entered) return false;
    const bool free = seen == State::empty;
    if (state_.compare_exchange_weak(seen, free ? State::entered : State::knocked)) return free;
  }
}

bool Door::leave() noexcept {
  State seen = state_;
  for (;;) {
    const bool looks_again = seen == State::knocked;
    State next = State::empty;
    if (looks_again) next = State::entered;
    if (seen == State::shutting) next = State::shut;
    if (state_.compare_exchange_weak(seen, next)) return !looks_again;
  }
}

bool Door::pause() noexcept {
  State seen = state_;
  for (;;) {
    const bool shuts = seen == State::shutting;
    const State next = shuts ? State::shut : State::paused;
    if (state_.compare_exchange_weak(seen, next)) return !shuts;
  }
}

bool Door::resume() noexcept {
  State seen = State::paused;
  return state_.compare_exchange_strong(seen, State::entered);
}

/// Whoever is told may shut the door at once, and then waits for this to be over.
void Door::give_up() noexcept {
  try {
    given_up_();
  } catch (...) {
    // There is no memory to tell it: who knocks next tries again.
    while (!leave()) continue;
    return;
  }
  state_ = State::shut;
}

}  // namespace catena
