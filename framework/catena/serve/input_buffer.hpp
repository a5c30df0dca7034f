#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace catena {

/// What has arrived on a connection and is not used up yet. The memory never moves, so views into
/// it hold until `compact`, `reuse` or `grow`.
class InputBuffer {
 public:
  explicit InputBuffer(std::size_t capacity)
      : capacity_(capacity), bytes_(std::make_unique_for_overwrite<char[]>(capacity)) {}

  std::string_view available() const noexcept { return {bytes_.get() + begin_, end_ - begin_}; }
  /// Where the next bytes may be put; empty when the buffer is full to its end.
  std::span<char> space() noexcept { return {bytes_.get() + end_, capacity_ - end_}; }
  void arrived(std::size_t size) noexcept { end_ += size; }
  void consume(std::size_t size) noexcept { begin_ += size; }

  /// Moves what is available to the front, to make room behind it.
  void compact() noexcept {
    std::copy(bytes_.get() + begin_, bytes_.get() + end_, bytes_.get());
    end_ -= begin_;
    begin_ = 0;
  }
  /// From here on `reuse` may take the room again; what was consumed before stays.
  void keep_consumed() noexcept { kept_ = begin_; }
  /// Starts over behind what is kept, when everything that came after it is consumed.
  void reuse() noexcept {
    if (begin_ == end_) begin_ = end_ = kept_;
  }
  /// Takes more memory when there is less than that.
  void grow(std::size_t capacity) {
    if (capacity <= capacity_) return;
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    std::copy(bytes_.get(), bytes_.get() + end_, bytes.get());
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }
  /// Forgets everything.
  void clear() noexcept { kept_ = begin_ = end_ = 0; }
  /// Nothing is kept any more.
  void release() noexcept {
    kept_ = 0;
    reuse();
  }

 private:
  std::size_t capacity_;
  std::unique_ptr<char[]> bytes_;
  std::size_t kept_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace catena
