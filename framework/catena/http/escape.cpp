#include "catena/http/escape.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "catena/http/text.hpp"

namespace catena {
namespace {

void append_hex(std::string& out, std::string_view prefix, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out.append(prefix).append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
}

constexpr bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// ASCII that stands for itself both in quotes and in JSON strings: nearly all there is.
constexpr std::array<bool, 256> plain_chars = detail::table_of([](char c) {
  return static_cast<unsigned char>(c) < 0x80 && !is_control(c) && c != '"' && c != '\\';
});

/// Appends what is plain at the start of the text, and takes it off there.
void move_plain(std::string& out, std::string_view& text) {
  std::size_t size = 0;
  while (size < text.size() && plain_chars[static_cast<unsigned char>(text[size])]) ++size;
  out.append(text.substr(0, size));
  text.remove_prefix(size);
}

/// How many bytes the character at the start of the text takes in UTF-8 (RFC 3629); 0 when it is
/// none.
std::size_t utf8_size(std::string_view text) noexcept {
  const auto byte = [&](std::size_t index) -> unsigned {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0;
  };
  const auto continues = [&](std::size_t index) { return (byte(index) & 0xc0) == 0x80; };
  const unsigned first = byte(0);
  const unsigned second = byte(1);
  if (first < 0x80) return 1;
  if (!continues(1)) return 0;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) {
    const bool overlong = first == 0xe0 && second < 0xa0;
    const bool surrogate = first == 0xed && second >= 0xa0;
    return !overlong && !surrogate && continues(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool overlong = first == 0xf0 && second < 0x90;
    const bool too_high = first == 0xf4 && second >= 0x90;
    return !overlong && !too_high && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

void append_escaped(std::string& out, std::string_view text) {
  for (move_plain(out, text); !text.empty(); move_plain(out, text)) {
    const char c = text.front();
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else {
      append_hex(out, "\\x", c);
    }
    text.remove_prefix(1);
  }
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (move_plain(out, text); !text.empty(); move_plain(out, text)) {
    const char c = text.front();
    const std::size_t size = utf8_size(text);
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (size == 0 || is_control(c)) {
      append_hex(out, "\\u00", c);
    } else {
      out.append(text.substr(0, size));
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  out += '"';
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t size = utf8_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace catena
