#include "catena/http/etag.hpp"

#include <algorithm>
#include <charconv>

#include "catena/http/text.hpp"

namespace catena {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t clock_step = 20'000'000;

/// etagc: everything visible but the double quote, and bytes from 0x80 on.
bool is_tag_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte != 0x7f);
}

}  // namespace

std::optional<EntityTag> parse_entity_tag(std::string_view text) noexcept {
  EntityTag tag;
  if (text.substr(0, 2) == "W/") {
    tag.weak = true;
    text.remove_prefix(2);
  }
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
  const std::string_view inside = text.substr(1, text.size() - 2);
  if (!std::all_of(inside.begin(), inside.end(), is_tag_char)) return std::nullopt;
  tag.opaque = text;
  return tag;
}

bool any_equal(std::string_view list, const EntityTag& tag,
               bool (*equal)(const EntityTag&, const EntityTag&)) noexcept {
  if (trimmed(list) == "*") return true;
  for (ListReader elements(list); elements.next();) {
    const auto candidate = parse_entity_tag(elements.element());
    if (candidate && equal(*candidate, tag)) return true;
  }
  return false;
}

FileTag::FileTag(std::int64_t modified, std::uint64_t size, std::int64_t now) noexcept {
  const std::int64_t clock = modified % second == 0 ? 2 * second : clock_step;
  weak_ = now - modified < clock && modified - now < clock;
  char* out = text_.data();
  char* const end = out + text_.size();
  if (weak_) {
    *out++ = 'W';
    *out++ = '/';
  }
  *out++ = '"';
  out = std::to_chars(out, end, static_cast<std::uint64_t>(modified), 16).ptr;
  *out++ = '-';
  out = std::to_chars(out, end, size, 16).ptr;
  *out++ = '"';
  size_ = static_cast<std::uint8_t>(out - text_.data());
}

EntityTag FileTag::tag() const noexcept {
  std::string_view opaque = text();
  if (weak_) opaque.remove_prefix(2);
  return {opaque, weak_};
}

}  // namespace catena
