#include "catena/serve/parking.hpp"

#include <utility>

#include "catena/serve/seat.hpp"

namespace catena {

Parking::Parking() = default;
Parking::~Parking() = default;

void Parking::open(Deadline deadline) noexcept {
  deadline_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
  open_as(State::parked);
}

void Parking::open_claimed() noexcept { open_as(State::running); }

void Parking::open_as(State state) noexcept {
  ended_.store(false, std::memory_order_relaxed);
  new_ = true;
  slow = false;
  watch = {};
  state_.store(state);
}

bool Parking::notify(bool ended) noexcept {
  State seen = state_.load();
  if (seen == State::closed) return false;
  if (ended) ended_.store(true, std::memory_order_relaxed);
  for (;;) {
    if (seen == State::closed) return false;
    const bool waits = seen == State::parked;
    // Also where the state stays the same, so that the owner sees the rest.
    if (state_.compare_exchange_weak(seen, waits ? State::running : State::signalled)) {
      return waits;
    }
  }
}

bool Parking::claim() noexcept {
  State waits = State::parked;
  return state_.compare_exchange_strong(waits, State::running);
}

bool Parking::park(Deadline deadline) noexcept {
  deadline_.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
  State owned = State::running;
  if (state_.compare_exchange_strong(owned, State::parked)) return true;
  state_.exchange(State::running);  // and what whoever notified it last has written is seen
  return false;
}

void Parking::close() noexcept {
  held.reset();
  state_.store(State::closed);
}

bool Parking::take_new() noexcept { return std::exchange(new_, false); }

}  // namespace catena
