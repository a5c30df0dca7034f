#pragma once

#include "catena/export.hpp"
#include "catena/net/stream.hpp"
#include "catena/net/unsent_limit.hpp"

namespace catena {

/// A connected socket, plain. It calls recv and send itself and waits with the deadline's
/// remainder, or leaves the waiting to an edge-triggered notification.
class CATENA_API SocketStream : public Stream {
 public:
  /// The socket and its limit, if it has one, stay the caller's and must outlive the stream; the
  /// socket is made non-blocking.
  explicit SocketStream(int socket, UnsentLimit* unsent = nullptr) noexcept;
  /// A stream without a socket, until `take_up`. It does not wait in place.
  SocketStream() noexcept : waits_(false) {}

  /// From now on this socket, which is non-blocking already, because an edge-triggered notification
  /// has come for it. `ended` says that there was the end among what was notified: then a short
  /// read does not mean that all was read, since the end came with no notification of its own.
  void take_up(int socket, UnsentLimit& unsent, bool ended) noexcept;
  /// Whether a file was sent since.
  bool sent_file() const noexcept { return sent_file_; }

  bool wait_in_place(bool wait) noexcept override;
  IoResult read(std::span<char> into, Deadline deadline) override;
  IoResult read_arrived(std::span<char> into) override;
  IoResult write(std::span<const std::string_view> pieces, bool more, Pace& pace) override;
  IoResult send_file(int file, std::uint64_t offset, std::size_t size, Pace& pace) override;
  bool gone() noexcept override;
  void finish_writing() noexcept override;
  void abandon() noexcept override;

 private:
  IoStatus wait_to_write(std::uint64_t taken, Pace& pace) const noexcept;

  int socket_ = -1;
  UnsentLimit* unsent_ = nullptr;
  bool waits_ = true;
  bool ended_ = false;
  bool sent_file_ = false;
  bool drained_ = false;  ///< all that had been notified of is read
};

}  // namespace catena
