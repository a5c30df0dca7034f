#pragma once

#include <deque>
#include <string>

#include "catena/export.hpp"
#include "catena/net/stream.hpp"

namespace catena {

/// A connection without a socket, for tests and dry runs: it plays a client that sends given
/// pieces, and keeps what it is sent.
class CATENA_API MemoryStream : public Stream {
 public:
  /// What a read finds once all pieces have been read.
  enum class Then { end, timeout, gone };

  explicit MemoryStream(std::deque<std::string> pieces, Then then = Then::end);

  /// All that was written.
  const std::string& output() const noexcept { return output_; }
  /// Whether finish_writing was called.
  bool finished() const noexcept { return finished_; }
  /// Whether abandon was called.
  bool abandoned() const noexcept { return abandoned_; }
  /// Lets writing fail with `gone` once that many bytes in all were taken.
  void break_after(std::size_t bytes) noexcept { capacity_ = bytes; }

  IoResult read(std::span<char> into, Deadline deadline) override;
  /// Finds what is left of the piece that was read last: the next piece has not arrived yet.
  IoResult read_arrived(std::span<char> into) override;
  IoResult write(std::span<const std::string_view> pieces, bool more, Pace& pace) override;
  IoResult send_file(int file, std::uint64_t offset, std::size_t size, Pace& pace) override;
  /// True once writing would fail, or all pieces were read and then comes `gone`.
  bool gone() noexcept override;
  void finish_writing() noexcept override { finished_ = true; }
  void abandon() noexcept override { abandoned_ = true; }

 private:
  IoResult take(std::span<char> into);
  IoResult put(std::string_view text);

  std::deque<std::string> pieces_;
  std::string arrived_;
  Then then_;
  std::string output_;
  std::size_t capacity_ = static_cast<std::size_t>(-1);
  bool finished_ = false;
  bool abandoned_ = false;
};

}  // namespace catena
