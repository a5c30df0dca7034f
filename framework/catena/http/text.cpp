#include "catena/http/text.hpp"

#include <algorithm>
#include <array>

namespace catena {
namespace {

constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }

constexpr std::array<bool, 256> value_chars = detail::table_of([](char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
});

}  // namespace

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_field_value(std::string_view text) noexcept {
  if (text.empty()) return true;
  if (is_space(text.front()) || is_space(text.back())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return value_chars[static_cast<unsigned char>(c)]; });
}

bool detail::same_letters(std::string_view a, std::string_view b) noexcept {
  // Most write names alike.
  return a == b || std::equal(a.begin(), a.end(), b.begin(),
                              [](char x, char y) { return to_lower(x) == to_lower(y); });
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool ListReader::next() noexcept {
  while (!rest_.empty()) {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < rest_.size(); ++end) {
      const char c = rest_[end];
      if (quoted && c == '\\') {
        if (end + 1 < rest_.size()) ++end;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == separator_ && !quoted) {
        break;
      }
    }
    element_ = trimmed(rest_.substr(0, end));
    rest_.remove_prefix(std::min(rest_.size(), end + 1));
    if (!element_.empty()) return true;
  }
  return false;
}

}  // namespace catena
