#include "catena/http/accept.hpp"

#include <cstddef>
#include <optional>

#include "catena/http/text.hpp"

namespace catena {
namespace {

/// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ), in thousandths; what is none
/// counts 0.
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

/// One element of such a field: what it names, and how much that is liked.
struct Weighted {
  std::string_view name;
  int quality = 1000;
  bool plain = true;  // without parameters other than the weight

  explicit Weighted(std::string_view element) noexcept {
    ListReader parts(element, ';');
    parts.next();
    name = parts.element();
    while (parts.next()) {
      const std::string_view part = parts.element();
      if (part.size() >= 2 && to_lower(part[0]) == 'q' && part[1] == '=') {
        quality = parse_quality(part.substr(2));
        break;
      }
      plain = false;
    }
  }
};

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

/// "x-gzip" is "gzip" (RFC 9110 section 8.4.1.3).
bool names_coding(std::string_view name, std::string_view coding) {
  return equals_ignoring_case(name, coding) ||
         (equals_ignoring_case(name, "x-gzip") && equals_ignoring_case(coding, "gzip"));
}

}  // namespace

int quality(std::string_view accept, std::string_view media_type) noexcept {
  int best_match = 0;
  int result = 0;
  for (ListReader ranges(accept); ranges.next();) {
    const Weighted range(ranges.element());
    const int match = specificity(range.name, media_type);
    if (range.plain && match > best_match) {
      best_match = match;
      result = range.quality;
    }
  }
  return result;
}

int coding_quality(const RequestHeaders& headers, std::string_view coding) noexcept {
  std::optional<int> named;
  std::optional<int> any;
  for (const Field& field : headers) {
    if (!equals_ignoring_case(field.name, "Accept-Encoding")) continue;
    for (ListReader codings(field.value); codings.next();) {
      const Weighted accepted(codings.element());
      if (accepted.name == "*") {
        any = any.value_or(accepted.quality);
      } else if (names_coding(accepted.name, coding)) {
        named = named.value_or(accepted.quality);
      }
    }
  }
  if (named) return *named;
  if (equals_ignoring_case(coding, "identity")) return any.value_or(1);
  return any.value_or(0);
}

}  // namespace catena
