#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "catena/export.hpp"

namespace catena {

/// Takes the framing off a request body: a Content-Length, or the chunked coding with its
/// extensions and trailer section, which are checked and dropped (RFC 9112 sections 6.3 and 7.1).
/// Strict, and the same however the bytes are cut. Framing may not outweigh content without
/// end: what chunk lines are longer than 16 bytes and twice their chunk may add up to 16 KiB.
class CATENA_API BodyDecoder {
 public:
  enum class State : std::uint8_t { more, end, malformed };
  struct Step {
    std::size_t consumed;      ///< bytes of the input that are done with
    std::string_view content;  ///< a run of content among them, the last of them; may be empty
    State state;
  };

  /// No body.
  BodyDecoder() = default;
  static BodyDecoder of_length(std::uint64_t length) noexcept;
  static BodyDecoder chunked() noexcept;

  /// Takes from the front of what has arrived: up to the end of one run of content, or all of it.
  /// With `more` and nothing consumed, more input is needed. At most `most` bytes of content come.
  Step decode(std::string_view input, std::size_t most) noexcept;
  State state() const noexcept { return state_; }

 private:
  enum class Part : std::uint8_t {
    content,  // of a Content-Length body, or of a chunk
    size,
    size_digits,
    extension_space,  // white space that only a ';' may follow
    extension_begin,
    extension_name,
    extension_equals,
    extension_value_begin,
    extension_token,
    extension_quoted,
    extension_escape,
    extension_end,
    size_lf,
    data_cr,
    data_lf,
    trailer_start,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
  };
  bool on_framing(char c) noexcept;
  bool on_extension(char c) noexcept;
  bool on_trailer(char c) noexcept;
  bool go(Part part) noexcept {
    part_ = part;
    return true;
  }

  State state_ = State::end;
  Part part_ = Part::content;
  bool chunked_ = false;
  std::uint64_t left_ = 0;     // of the body, or of the chunk
  std::uint32_t framing_ = 0;  // bytes of the chunk line, or of the trailer section, so far
  std::uint64_t excess_ = 0;   // bytes of chunk lines beyond what content there is warrants
};

}  // namespace catena
