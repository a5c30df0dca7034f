#include "catena/runtime/line_ring.hpp"

#include <algorithm>

namespace catena {

LineRing::LineRing(std::size_t capacity) : words_(room_for(capacity) / sizeof(Word)) {}

LineRing::Put LineRing::put(std::string_view line) noexcept {
  const std::size_t size = line.size() + 1;
  const std::optional<Place> place = claim(room_for(size));
  if (!place) return Put::refused;
  copy_in(index(*place) + 1, line);
  std::atomic_ref(words_[index(*place)]).store(size, std::memory_order_release);

  // `await` does this in the other order, so that one of the two sees the other.
  Place awaited = awaited_.load();
  const bool wakes =
      *place + room_for(size) >= awaited && awaited_.compare_exchange_strong(awaited, nowhere);
  return wakes ? Put::awaited : Put::kept;
}

std::optional<LineRing::Place> LineRing::claim(std::size_t room) noexcept {
  const std::size_t all = words_.size() * sizeof(Word);
  if (room > all) return std::nullopt;
  for (;;) {
    // In this order: what is claimed is never less than what was free before.
    const Place freed = freed_.load(std::memory_order_acquire);
    Place place = claimed_.load(std::memory_order_relaxed);
    if (place + room - freed <= all) {
      if (claimed_.compare_exchange_weak(place, place + room)) return place;
    } else if (freed_.load(std::memory_order_relaxed) == freed) {
      return std::nullopt;
    }
  }
}

bool LineRing::take(Place until, std::string& lines) {
  Place place = freed_.load(std::memory_order_relaxed);
  while (place < until) {
    const std::size_t first = index(place);
    const std::size_t size = std::atomic_ref(words_[first]).load(std::memory_order_acquire);
    if (size == 0) break;
    copy_out(first + 1, size - 1, lines);
    clear(first, room_for(size) / sizeof(Word));
    place += room_for(size);
  }
  freed_.store(place, std::memory_order_release);
  return place >= until;
}

std::size_t LineRing::filled() const noexcept {
  return static_cast<std::size_t>(end() - freed_.load(std::memory_order_relaxed));
}

bool LineRing::await(std::size_t size) noexcept {
  awaited_.store(freed_.load(std::memory_order_relaxed) + size);
  if (filled() < size) return true;
  awaited_.store(nowhere);
  return false;
}

std::size_t LineRing::room_for(std::size_t size) noexcept {
  return sizeof(Word) + (size + sizeof(Word) - 1) / sizeof(Word) * sizeof(Word);
}

void LineRing::copy_in(std::size_t first, std::string_view line) noexcept {
  char* const bytes = reinterpret_cast<char*>(words_.data());
  const std::size_t until_end = (words_.size() - first) * sizeof(Word);
  const std::size_t copied = line.copy(bytes + first * sizeof(Word), until_end);
  line.substr(copied).copy(bytes, line.size());
}

void LineRing::copy_out(std::size_t first, std::size_t size, std::string& lines) const {
  const char* const bytes = reinterpret_cast<const char*>(words_.data());
  const std::size_t until_end = std::min(size, (words_.size() - first) * sizeof(Word));
  lines.append(bytes + first * sizeof(Word), until_end).append(bytes, size - until_end) += '\n';
}

void LineRing::clear(std::size_t first, std::size_t count) noexcept {
  const std::size_t until_end = std::min(count, words_.size() - first);
  std::fill_n(words_.data() + first, until_end, 0);
  std::fill_n(words_.data(), count - until_end, 0);
}

}  // namespace catena
