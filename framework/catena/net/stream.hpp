#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "catena/export.hpp"
#include "catena/net/deadline.hpp"

namespace catena {

/// How an operation on a stream ended. These are facts about the other side, not errors of ours.
enum class IoStatus : std::uint8_t {
  ok,
  end,      ///< reading: the client has finished sending
  timeout,  ///< the deadline or the pace was missed
  gone,     ///< the connection is broken
  failed,   ///< the file that was to be sent is shorter than it was, or can't be read
  blocked,  ///< nothing can go on now, and the stream does not wait: Stream::wait_in_place
};

struct IoResult {
  std::size_t size = 0;  ///< bytes read or written before it ended
  IoStatus status = IoStatus::ok;
};

/// A connection as the server's loop sees it: bytes in, bytes out, every wait bounded. One thread
/// uses it at a time.
class CATENA_API Stream {
 public:
  virtual ~Stream() = default;

  /// Whether `read`, `write` and `send_file` wait where they are, as they do unless this says
  /// otherwise. Where they don't, they end with `blocked` instead, with what could be done at once;
  /// the caller goes on when the connection may be read from or written to again. Returns how it
  /// was before. Streams that never wait ignore it.
  virtual bool wait_in_place(bool wait) noexcept {
    static_cast<void>(wait);
    return true;
  }

  /// Waits until something has arrived and reads at least a byte of it.
  virtual IoResult read(std::span<char> into, Deadline deadline) = 0;
  /// Reads what has arrived without waiting: `ok` with 0 bytes when nothing has.
  virtual IoResult read_arrived(std::span<char> into) = 0;
  /// Sends all pieces, in one system call where the other side keeps up. `more` says that a file
  /// follows at once, so that the kernel may put both into one segment.
  virtual IoResult write(std::span<const std::string_view> pieces, bool more, Pace& pace) = 0;
  /// Sends that part of an open file, copied by the kernel where it can be.
  virtual IoResult send_file(int file, std::uint64_t offset, std::size_t size, Pace& pace) = 0;
  /// Whether the connection is broken, so that nothing that is sent can arrive; looks without
  /// waiting, and reads nothing. Another side that has finished sending is not gone.
  virtual bool gone() noexcept = 0;
  /// Tells the other side that nothing more will come; reading goes on.
  virtual void finish_writing() noexcept = 0;
  /// Gives up what the other side has not taken yet: when the connection is closed after this, it
  /// is broken, and the kernel keeps nothing for it.
  virtual void abandon() noexcept = 0;
};

}  // namespace catena
