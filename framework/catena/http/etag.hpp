#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "catena/export.hpp"

namespace catena {

/// An entity-tag (RFC 9110 section 8.8.3), its opaque part with the quotes. A view of what was
/// read.
struct EntityTag {
  std::string_view opaque;
  bool weak = false;
};

/// Nothing unless the text is exactly one entity-tag.
CATENA_API std::optional<EntityTag> parse_entity_tag(std::string_view text) noexcept;

/// The comparisons of RFC 9110 section 8.8.3.2.
constexpr bool strongly_equal(const EntityTag& a, const EntityTag& b) noexcept {
  return !a.weak && !b.weak && a.opaque == b.opaque;
}
constexpr bool weakly_equal(const EntityTag& a, const EntityTag& b) noexcept {
  return a.opaque == b.opaque;
}

/// True when one element of the list, or "*", equals the tag by the comparison. What is no
/// entity-tag in the list equals nothing.
CATENA_API bool any_equal(std::string_view list, const EntityTag& tag,
                          bool (*equal)(const EntityTag&, const EntityTag&)) noexcept;

/// The entity-tag of a file, made of its modification time and its size, so that replicas of the
/// same files agree. It is weak while the file is so fresh that its clock could not tell a further
/// change apart: within 20 ms, or 2 s where the file system keeps whole seconds only.
class CATENA_API FileTag {
 public:
  /// Times in nanoseconds since the epoch, size in bytes. A content coding, where the file holds
  /// another one's content in it, makes the tag differ from that one's; at most 8 bytes count.
  FileTag(std::int64_t modified, std::uint64_t size, std::int64_t now,
          std::string_view coding = {}) noexcept;
  std::string_view text() const noexcept { return {text_.data(), size_}; }
  EntityTag tag() const noexcept;
  /// The tag of the same file under a content coding, as the constructor says; of one that has
  /// none.
  FileTag with_coding(std::string_view coding) const noexcept;

 private:
  std::array<char, 48> text_;
  std::uint8_t size_ = 0;
  bool weak_ = false;
};

}  // namespace catena
