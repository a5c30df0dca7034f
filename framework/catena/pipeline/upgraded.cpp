#include "catena/pipeline/upgraded.hpp"

#include <array>

namespace catena {

IoResult Upgraded::read(std::span<char> into, Deadline deadline) {
  return already_read_.empty() ? stream_.read(into, deadline) : take(into);
}

IoResult Upgraded::read_arrived(std::span<char> into) {
  return already_read_.empty() ? stream_.read_arrived(into) : take(into);
}

IoResult Upgraded::write(std::span<const std::string_view> pieces, bool more, Pace& pace) {
  return counted(stream_.write(pieces, more, pace));
}

IoResult Upgraded::write(std::string_view text) {
  const std::array<std::string_view, 1> pieces{text};
  return write(pieces, false, pace_);
}

IoResult Upgraded::send_file(int file, std::uint64_t offset, std::size_t size, Pace& pace) {
  return counted(stream_.send_file(file, offset, size, pace));
}

IoResult Upgraded::take(std::span<char> into) noexcept {
  const std::size_t size = already_read_.copy(into.data(), into.size());
  already_read_.remove_prefix(size);
  return {size, IoStatus::ok};
}

IoResult Upgraded::counted(IoResult written) noexcept {
  written_ += written.size;
  if (failure_ == IoStatus::ok) failure_ = written.status;
  return written;
}

}  // namespace catena
