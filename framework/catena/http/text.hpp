#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "catena/export.hpp"

namespace catena {

/// The character classes and list syntax that all fields share (RFC 9110 section 5.6). No function
/// here allocates or throws.

/// tchar: what methods, field names and many field values are made of (RFC 9110 section 5.6.2).
constexpr bool is_token_char(char c) noexcept;

/// True for one or more tchar.
CATENA_API bool is_token(std::string_view text) noexcept;

/// True when the text may stand on the wire as a field value: visible characters, spaces, tabs and
/// bytes from 0x80 on, with no white space at either end (RFC 9110 section 5.5).
CATENA_API bool is_field_value(std::string_view text) noexcept;

/// ASCII only: what the protocol compares without case.
inline bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;
constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Without the spaces and tabs (OWS) at its ends.
CATENA_API std::string_view trimmed(std::string_view text) noexcept;

/// Walks the elements of a comma-separated list (RFC 9110 section 5.6.1): commas inside quoted
/// strings do not separate, empty elements are skipped, white space around elements is dropped.
///
///     for (ListReader list(value); list.next();) use(list.element());
class CATENA_API ListReader {
 public:
  explicit ListReader(std::string_view value, char separator = ',') noexcept
      : rest_(value), separator_(separator) {}
  /// Moves to the next element; false at the end.
  bool next() noexcept;
  std::string_view element() const noexcept { return element_; }

 private:
  std::string_view rest_;
  std::string_view element_;
  char separator_;
};

namespace detail {

/// What `holds` says of each byte.
template <typename Holds>
constexpr std::array<bool, 256> table_of(Holds holds) {
  std::array<bool, 256> table{};
  for (std::size_t byte = 0; byte < table.size(); ++byte)
    table[byte] = holds(static_cast<char>(byte));
  return table;
}

inline constexpr std::array<bool, 256> token_chars = table_of([](char c) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  const char lower = to_lower(c);
  return is_digit(c) || (lower >= 'a' && lower <= 'z') || others.find(c) != std::string_view::npos;
});

/// Of texts of one length.
CATENA_API bool same_letters(std::string_view a, std::string_view b) noexcept;

}  // namespace detail

constexpr bool is_token_char(char c) noexcept {
  return detail::token_chars[static_cast<unsigned char>(c)];
}

inline bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  // Most texts that differ do so in the first letter, of which case is one bit.
  return a.empty() || ((a.front() | 0x20) == (b.front() | 0x20) && detail::same_letters(a, b));
}

}  // namespace catena
