#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "catena/export.hpp"
#include "catena/http/request.hpp"
#include "catena/http/response.hpp"
#include "catena/http/response_writer.hpp"
#include "catena/net/stream.hpp"
#include "catena/pipeline/exchange.hpp"

namespace catena {

/// What the end of a write means for a response.
Sent::Outcome to_outcome(IoStatus status) noexcept;

/// Puts responses on the wire: the only place that writes to a connection, but for "100 Continue".
class CATENA_API ResponseSender {
 public:
  /// The stream outlives the sender.
  explicit ResponseSender(Stream& stream) noexcept : stream_(stream) {}

  struct Result {
    Sent sent;
    bool keep_alive = false;
  };
  /// Sends head and body of the exchange's response. When it could not be sent whole, the
  /// connection is not kept.
  Result send(Exchange& exchange, bool keep_alive, std::string_view server_name, Pace pace);

 private:
  /// What a write holds beside the head: content, and the framing of a chunk in front of it.
  /// Anything after that is framing, too.
  struct Layout {
    std::uint64_t framing = 0;
    std::uint64_t content = UINT64_MAX;
  };
  /// Writes all pieces; false when it did not succeed, and then the outcome is set.
  bool write(std::span<const std::string_view> pieces, bool more, Layout layout, Pace& pace);
  void send_text(std::string_view text, Pace& pace);
  void send_file(const FileSlice& slice, Pace& pace);
  void send_parts(const FileParts& parts, Pace& pace);
  bool send_bytes(const OpenFile& file, std::int64_t modified, std::uint64_t offset,
                  std::uint64_t size, bool check, Pace& pace);
  void send_source(const Exchange& exchange, Body::Source& body, Framing::Kind framing, Pace& pace);
  void append_last_chunk(const Exchange& exchange, BodySource& source);
  void count(std::uint64_t written, Layout layout) noexcept;

  Stream& stream_;
  std::string head_;
  std::string piece_;
  Sent sent_;
};

}  // namespace catena
