#include "catena/http/accept.hpp"

#include <cstddef>

#include "catena/http/text.hpp"

namespace catena {
namespace {

/// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ), in thousandths; what is none counts 0.
int parse_quality(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  int value = text[0] - '0';
  for (std::size_t at = 2; at < 5; ++at) {
    const char digit = at < text.size() ? text[at] : '0';
    if (!is_digit(digit)) return 0;
    value = value * 10 + (digit - '0');
  }
  return value <= 1000 ? value : 0;
}

/// 0: no match; then by how specific the range is.
int specificity(std::string_view range, std::string_view type) {
  if (range == "*/*") return 1;
  const std::size_t slash = type.find('/') + 1;
  if (range.size() == slash + 1 && range.back() == '*' &&
      equals_ignoring_case(range.substr(0, slash), type.substr(0, slash))) {
    return 2;
  }
  return equals_ignoring_case(range, type) ? 3 : 0;
}

}  // namespace

int quality(std::string_view accept, std::string_view media_type) noexcept {
  int best_match = 0;
  int result = 0;
  for (ListReader ranges(accept); ranges.next();) {
    ListReader parts(ranges.element(), ';');
    parts.next();
    const int match = specificity(parts.element(), media_type);
    int value = 1000;
    bool plain = true;
    while (parts.next()) {
      const std::string_view part = parts.element();
      if (part.size() > 2 && to_lower(part[0]) == 'q' && part[1] == '=') {
        value = parse_quality(part.substr(2));
        break;
      }
      plain = false;
    }
    if (plain && match > best_match) {
      best_match = match;
      result = value;
    }
  }
  return result;
}

}  // namespace catena
