#pragma once

#include "catena/export.hpp"
#include "catena/net/stream.hpp"

namespace catena {

/// A connected socket, plain. It calls recv and send itself and waits with the deadline's
/// remainder.
class CATENA_API SocketStream : public Stream {
 public:
  /// The socket stays the caller's and must outlive the stream; it is made non-blocking.
  explicit SocketStream(int socket) noexcept;

  IoResult read(std::span<char> into, Deadline deadline) override;
  IoResult read_arrived(std::span<char> into) override;
  IoResult write(std::span<const std::string_view> pieces, bool more, Pace& pace) override;
  IoResult send_file(int file, std::uint64_t offset, std::size_t size, Pace& pace) override;
  bool gone() noexcept override;
  void finish_writing() noexcept override;
  void abandon() noexcept override;

 private:
  int socket_;
};

}  // namespace catena
