#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "catena/export.hpp"
#include "catena/net/deadline.hpp"
#include "catena/net/stream.hpp"
#include "catena/pipeline/link.hpp"

namespace catena {

/// The connection that a handler took over with Response::upgrade: a stream whose reads begin with
/// what had already come behind the request, and which counts what is written. It belongs to the
/// connection's thread, for as long as the function that it was given to runs.
///
/// The server bounds no wait on it: each read has the deadline that it is given, each write the
/// pace. Waits should be short, and stop_wanted() be asked between them: at a stop, the connection
/// has the grace of every exchange in flight.
class CATENA_API Upgraded final : public Stream {
 public:
  /// All of it outlives this object.
  Upgraded(Stream& stream, std::string_view already_read, Link& link, Pace pace) noexcept
      : stream_(stream), already_read_(already_read), link_(link), pace_(pace) {}

  IoResult read(std::span<char> into, Deadline deadline) override;
  IoResult read_arrived(std::span<char> into) override;
  IoResult write(std::span<const std::string_view> pieces, bool more, Pace& pace) override;
  /// Writes text at the server's pace: what it asks of clients that read responses.
  IoResult write(std::string_view text);
  IoResult send_file(int file, std::uint64_t offset, std::size_t size, Pace& pace) override;
  void finish_writing() noexcept override { stream_.finish_writing(); }
  void abandon() noexcept override { stream_.abandon(); }
  bool gone() noexcept override { return link_.client_gone(); }

  bool stop_wanted() const noexcept { return link_.stop_wanted(); }

  /// Bytes written so far.
  std::uint64_t written() const noexcept { return written_; }
  /// How the first write ended that did not succeed; ok while all did.
  IoStatus failure() const noexcept { return failure_; }

 private:
  IoResult take(std::span<char> into) noexcept;
  IoResult counted(IoResult written) noexcept;

  Stream& stream_;
  std::string_view already_read_;
  Link& link_;
  Pace pace_;
  std::uint64_t written_ = 0;
  IoStatus failure_ = IoStatus::ok;
};

}  // namespace catena
