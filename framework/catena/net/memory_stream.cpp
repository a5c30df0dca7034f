#include "catena/net/memory_stream.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace catena {

MemoryStream::MemoryStream(std::deque<std::string> pieces, Then then)
    : pieces_(std::move(pieces)), then_(then) {}

IoResult MemoryStream::take(std::span<char> into) {
  const std::size_t size = std::min(into.size(), arrived_.size());
  std::copy_n(arrived_.begin(), size, into.begin());
  arrived_.erase(0, size);
  return {size, IoStatus::ok};
}

IoResult MemoryStream::read(std::span<char> into, Deadline) {
  while (arrived_.empty() && !pieces_.empty()) {
    arrived_ = std::move(pieces_.front());
    pieces_.pop_front();
  }
  if (!arrived_.empty()) return take(into);
  switch (then_) {
    case Then::timeout: return {0, IoStatus::timeout};
    case Then::gone: return {0, IoStatus::gone};
    case Then::end: break;
  }
  return {0, IoStatus::end};
}

IoResult MemoryStream::read_arrived(std::span<char> into) { return take(into); }

bool MemoryStream::gone() noexcept {
  const bool all_read = arrived_.empty() && pieces_.empty();
  return output_.size() >= capacity_ || (all_read && then_ == Then::gone);
}

IoResult MemoryStream::put(std::string_view text) {
  const std::size_t size = std::min(text.size(), capacity_ - output_.size());
  output_.append(text.substr(0, size));
  return {size, size == text.size() ? IoStatus::ok : IoStatus::gone};
}

IoResult MemoryStream::write(std::span<const std::string_view> pieces, bool, Pace&) {
  IoResult total;
  for (const std::string_view piece : pieces) {
    const IoResult result = put(piece);
    total.size += result.size;
    total.status = result.status;
    if (result.status != IoStatus::ok) break;
  }
  return total;
}

IoResult MemoryStream::send_file(int file, std::uint64_t offset, std::size_t size, Pace&) {
  std::size_t total = 0;
  std::array<char, 4096> buffer;
  while (total < size) {
    const ssize_t got = ::pread(file, buffer.data(), std::min(buffer.size(), size - total),
                                static_cast<off_t>(offset + total));
    if (got <= 0) return {total, IoStatus::failed};
    const IoResult result = put({buffer.data(), static_cast<std::size_t>(got)});
    total += result.size;
    if (result.status != IoStatus::ok) return {total, result.status};
  }
  return {total, IoStatus::ok};
}

}  // namespace catena
