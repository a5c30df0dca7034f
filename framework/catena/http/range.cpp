#include "catena/http/range.hpp"

#include <algorithm>
#include <optional>

#include "catena/http/date.hpp"
#include "catena/http/text.hpp"

namespace catena {
namespace {

constexpr std::string_view unit = "bytes=";

/// One or more digits; what 64 bits do not hold is as far beyond any end as their largest number.
std::optional<std::uint64_t> parse_position(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (UINT64_MAX - digit) / 10) return UINT64_MAX;
    value = value * 10 + digit;
  }
  return value;
}

/// RFC 9110 section 13.1.5: an entity-tag that is the current one, or exactly its date.
bool if_range_holds(const RequestHeaders& headers, const Validators& current) {
  const std::size_t lines = headers.count("If-Range");
  if (lines == 0) return true;
  if (lines > 1) return false;
  const std::string_view text = *headers.find("If-Range");
  if (const auto tag = parse_entity_tag(text)) {
    return current.tag && strongly_equal(*tag, *current.tag);
  }
  // A date is a strong validator only where the representation has a strong one of its own: the
  // file was not touched within the second.
  const auto date = parse_http_date(text);
  return date && current.last_modified && *date == *current.last_modified && current.tag &&
         !current.tag->weak;
}

}  // namespace

RangeSet RangeSet::evaluate(const RequestHeaders& headers, std::uint64_t size,
                            const Validators& current) noexcept {
  const RangeSet whole;
  if (headers.count("Range") != 1 || !if_range_holds(headers, current)) return whole;
  std::string_view value = *headers.find("Range");
  if (!equals_ignoring_case(value.substr(0, unit.size()), unit)) return whole;
  value.remove_prefix(unit.size());

  RangeSet set;
  std::size_t asked = 0;
  for (ListReader specs(value); specs.next();) {
    if (++asked > most || !set.add(specs.element(), size)) return whole;
  }
  if (asked == 0) return whole;
  set.kind_ = set.count_ > 0 ? Kind::some : Kind::unsatisfiable;
  return set;
}

/// Takes one range-spec; false when the whole field is to be ignored because of it.
bool RangeSet::add(std::string_view spec, std::uint64_t size) noexcept {
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return false;
  const std::string_view first_text = spec.substr(0, dash);
  const std::string_view last_text = spec.substr(dash + 1);
  ByteRange range;
  if (first_text.empty()) {
    const auto suffix = parse_position(last_text);
    if (!suffix) return false;
    if (*suffix == 0 || size == 0) return true;
    range = {size - std::min(*suffix, size), size - 1};
  } else {
    const auto first = parse_position(first_text);
    const auto last = last_text.empty() ? std::optional(UINT64_MAX) : parse_position(last_text);
    if (!first || !last || *last < *first) return false;
    if (*first >= size) return true;
    range = {*first, std::min(*last, size - 1)};
  }
  if (overlaps(range)) return false;
  ranges_[count_++] = range;
  return true;
}

bool RangeSet::overlaps(const ByteRange& range) const noexcept {
  return std::any_of(ranges_.begin(), ranges_.begin() + static_cast<std::ptrdiff_t>(count_),
                     [&range](const ByteRange& other) {
                       return range.first <= other.last && other.first <= range.last;
                     });
}

}  // namespace catena
