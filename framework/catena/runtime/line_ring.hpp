#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catena/export.hpp"

namespace catena {

/// Lines on their way from many threads to one, in one order, without a lock: who puts a line in
/// waits for nobody, whatever the others are doing, and what does not fit is refused.
///
/// Places in it are counted in bytes since its beginning and only grow. A line first gets its place
/// and is copied there afterwards, so the one who takes lines may find that the next is still on
/// its way. Who is interrupted between the two keeps the lines behind its own in the ring.
class CATENA_API LineRing {
 public:
  using Place = std::uint64_t;
  enum class Put : std::uint8_t {
    kept,
    awaited,  ///< kept, and it is up to this caller to wake the one who takes lines out
    refused,  ///< there is no room for it now, or the ring is closed
  };

  /// The capacity is rounded up to a multiple of eight.
  explicit LineRing(std::size_t capacity);
  LineRing(const LineRing&) = delete;
  LineRing& operator=(const LineRing&) = delete;

  /// The longest line that fits when there is no other, in bytes and with its end. Each line takes
  /// 8 to 15 bytes more, so fewer bytes fit when lines are short.
  std::size_t capacity() const noexcept { return (words_.size() - 1) * sizeof(Word); }

  /// Puts in the line and an end of line. Any thread.
  Put put(std::string_view line) noexcept;
  /// The place behind all lines so far, those on their way included. Any thread.
  Place end() const noexcept { return claimed_.load() & ~closed; }
  /// Refuses whatever comes from now on. Any thread.
  void close() noexcept { claimed_.fetch_or(closed); }

  // For the one thread that takes lines out:

  /// Appends the lines before `until`, or those before the first that is still on its way; false
  /// for the latter. Their room is free again then. That is no more than `capacity` bytes.
  bool take(Place until, std::string& lines);
  /// How many bytes are taken up, by lines on their way, too.
  std::size_t filled() const noexcept;
  /// Asks to be woken when `size` bytes are taken up: the one whose line makes them so many is
  /// told, and nobody after it. Takes the place of what was asked before. False when they are so
  /// many already, and then nobody wakes, but for one who was just about to.
  bool await(std::size_t size) noexcept;

 private:
  /// What the ring consists of. The first of a line says how long it is, with its end, and is set
  /// last. All that has no line is 0.
  using Word = std::uint64_t;
  static constexpr Place closed = Place{1} << 63;  ///< in claimed_: there is never so much room
  static constexpr Place nowhere = std::numeric_limits<Place>::max();
  static constexpr std::size_t cache_line = 64;

  static std::size_t room_for(std::size_t size) noexcept;
  std::optional<Place> claim(std::size_t room) noexcept;
  std::size_t index(Place place) const noexcept { return place / sizeof(Word) % words_.size(); }
  void copy_in(std::size_t first, std::string_view line) noexcept;
  void copy_out(std::size_t first, std::size_t size, std::string& lines) const;
  void clear(std::size_t first, std::size_t count) noexcept;

  std::vector<Word> words_;
  alignas(cache_line) std::atomic<Place> claimed_{0};  ///< where the next line gets its place
  alignas(cache_line) std::atomic<Place> freed_{0};    ///< where the next is taken out
  std::atomic<Place> awaited_{nowhere};                ///< who gets there is told
};

}  // namespace catena
