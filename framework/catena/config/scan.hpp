#pragma once

#include <cstddef>
#include <string_view>

#include "catena/config/diagnostics.hpp"

/// Finding one's way in the text of a document, by offsets. Inside libcatena only.
namespace catena::config {

inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Turns offsets, which must not go back, into positions.
class Locator {
 public:
  explicit Locator(std::string_view text)
      : text_(text), at_(text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0) {}

  Position locate(std::size_t offset) {
    for (; at_ < offset; ++at_) {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte == '\n') {
        ++position_.line;
        position_.column = 1;
      } else if ((byte & 0xc0) != 0x80) {
        ++position_.column;
      }
    }
    return position_;
  }

 private:
  std::string_view text_;
  std::size_t at_;
  Position position_{1, 1};
};

constexpr bool is_separator(char c) { return c == ',' || c == ':'; }

/// The first offset from `at` on that is neither in white space nor in a comment; a comment without
/// an end is not skipped.
std::size_t after_space(std::string_view text, std::size_t at);

/// Where a number ends that the parser has accepted.
std::size_t after_number(std::string_view text, std::size_t at);

/// The bare word that stands there, or the one character.
std::string_view word_at(std::string_view text, std::size_t at);

}  // namespace catena::config
