#include "catena/http/etag.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>

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

/// Takes the first element off a list. ListReader is no help: in entity-tags a backslash escapes
/// nothing.
std::string_view next_element(std::string_view& list) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < list.size() && (quoted || list[end] != ','); ++end) {
    if (list[end] == '"') quoted = !quoted;
  }
  const std::string_view element = trimmed(list.substr(0, end));
  list.remove_prefix(std::min(list.size(), end + 1));
  return element;
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
  while (!list.empty()) {
    const auto candidate = parse_entity_tag(next_element(list));
    if (candidate && equal(*candidate, tag)) return true;
  }
  return false;
}

FileTag::FileTag(std::int64_t modified, std::uint64_t size, std::int64_t now,
                 std::string_view coding) noexcept {
  const std::uint64_t clock = modified % second == 0 ? 2 * second : clock_step;
  const auto [earlier, later] = std::minmax(modified, now);
  weak_ = static_cast<std::uint64_t>(later) - static_cast<std::uint64_t>(earlier) < clock;
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
  if (!coding.empty()) {
    *out++ = '-';
    out = std::copy_n(coding.data(), std::min<std::size_t>(coding.size(), 8), out);
  }
  *out++ = '"';
  size_ = static_cast<std::uint8_t>(out - text_.data());
}

FileTag FileTag::with_coding(std::string_view coding) const noexcept {
  FileTag tag = *this;
  if (coding.empty()) return tag;
  char* out = tag.text_.data() + size_ - 1;  // where the closing quote stands
  *out++ = '-';
  out = std::copy_n(coding.data(), std::min<std::size_t>(coding.size(), 8), out);
  *out++ = '"';
  tag.size_ = static_cast<std::uint8_t>(out - tag.text_.data());
  return tag;
}

EntityTag FileTag::tag() const noexcept {
  std::string_view opaque = text();
  if (weak_) opaque.remove_prefix(2);
  return {opaque, weak_};
}

}  // namespace catena
