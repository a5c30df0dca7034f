#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace catena {

/// A bounded queue of pointers. Any thread may put in and take out, and none waits for another.
///
/// Each place has a number that says whose turn it is: n before the n-th item is put in, n + 1 when
/// it is there, and a round more once it was taken out.
template <typename Item, std::size_t places>
class ReadyQueue {
  static_assert((places & (places - 1)) == 0, "the remainder is to be a mask");

 public:
  ReadyQueue() noexcept {
    for (std::size_t at = 0; at < places; ++at) places_[at].turn.store(at);
  }

  /// False when there is no room.
  bool push(Item* item) noexcept {
    std::uint64_t at = in_.load(std::memory_order_relaxed);
    for (;;) {
      Place& place = places_[at % places];
      const std::uint64_t turn = place.turn.load(std::memory_order_acquire);
      if (turn == at) {
        if (!in_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) continue;
        place.item = item;
        place.turn.store(at + 1, std::memory_order_release);
        return true;
      }
      if (turn < at) return false;
      at = in_.load(std::memory_order_relaxed);
    }
  }

  /// Null when there is nothing.
  Item* pop() noexcept {
    std::uint64_t at = out_.load(std::memory_order_relaxed);
    for (;;) {
      Place& place = places_[at % places];
      const std::uint64_t turn = place.turn.load(std::memory_order_acquire);
      if (turn == at + 1) {
        if (!out_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) continue;
        Item* const item = place.item;
        place.turn.store(at + places, std::memory_order_release);
        return item;
      }
      if (turn <= at) return nullptr;
      at = out_.load(std::memory_order_relaxed);
    }
  }

  bool empty() const noexcept {
    return out_.load(std::memory_order_relaxed) == in_.load(std::memory_order_relaxed);
  }

 private:
  struct Place {
    std::atomic<std::uint64_t> turn;
    Item* item = nullptr;
  };
  std::array<Place, places> places_;
  alignas(64) std::atomic<std::uint64_t> in_{0};
  alignas(64) std::atomic<std::uint64_t> out_{0};
};

}  // namespace catena
