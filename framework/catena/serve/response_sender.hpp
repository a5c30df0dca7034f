#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "catena/export.hpp"
#include "catena/http/request.hpp"
#include "catena/http/response.hpp"
#include "catena/http/response_writer.hpp"
#include "catena/net/deadline.hpp"
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

  /// Begins to send head and body of the exchange's response; the exchange stays until that is
  /// over.
  void begin(Exchange& exchange, bool keep_alive, std::string_view server_name, Pace pace);
  /// Sends. False when the stream does not wait and the client takes nothing more for now: then
  /// this is to be called again when it may, at `deadline` at the latest.
  bool go_on();
  Deadline deadline() const noexcept { return wait_.until(); }

  /// What was sent, once it is over.
  const Sent& sent() const noexcept { return sent_; }
  /// Whether the connection is kept: not when the response could not be sent whole.
  bool keeps_alive() const noexcept {
    return framing_.keep_alive && sent_.outcome == Sent::Outcome::complete;
  }

 private:
  /// What a write holds beside the head: content, and the framing of a chunk in front of it.
  /// Anything after that is framing, too.
  struct Layout {
    std::uint64_t framing = 0;
    std::uint64_t content = UINT64_MAX;
  };
  /// What comes after the pieces and the bytes of a file that are to be sent now.
  enum class Then : std::uint8_t { end, next_part, next_read };

  IoStatus send_all();
  IoStatus send_pieces();
  IoStatus send_file();
  bool load_next();
  void load(std::string_view first, std::string_view second, bool more);
  void load_file(const OpenFile& file, std::int64_t modified, std::uint64_t offset,
                 std::uint64_t size);
  void load_part();
  void load_read();
  void load_last_chunk(Body::Source& body);
  void count(std::uint64_t written) noexcept;

  Stream& stream_;
  Exchange* exchange_ = nullptr;
  Framing framing_;
  Pace pace_{std::chrono::milliseconds(0), 0};
  PacedWait wait_;
  Sent sent_;
  std::string head_;
  std::string piece_;

  std::array<char, 18> chunk_size_;
  std::array<std::string_view, 4> pieces_;  ///< text that is to be sent now
  std::size_t first_piece_ = 0;             ///< those before it are sent
  std::size_t pieces_end_ = 0;
  bool more_ = false;  ///< whether bytes of a file follow the pieces
  Layout layout_;

  int file_ = -1;  ///< the file that is sent from now, behind the pieces
  std::int64_t modified_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t left_ = 0;
  bool look_at_file_ = false;  ///< whether it must be what the head says before its last bytes

  Then then_ = Then::end;
  std::size_t next_part_ = 0;
  std::uint64_t left_of_source_ = 0;
};

}  // namespace catena
