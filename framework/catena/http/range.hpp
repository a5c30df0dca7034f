#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "catena/export.hpp"
#include "catena/http/conditional.hpp"
#include "catena/http/headers.hpp"

namespace catena {

/// Bytes of a representation, both ends included.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  constexpr std::uint64_t size() const noexcept { return last - first + 1; }
};

/// What a request asks for of a representation (RFC 9110 section 14).
class CATENA_API RangeSet {
 public:
  /// More ranges than this in one request are taken for an attack, and ignored.
  static constexpr std::size_t most = 16;
  enum class Kind : std::uint8_t {
    whole,          ///< all of it: no Range, or one to be ignored
    some,           ///< 206 with these ranges
    unsatisfiable,  ///< 416
  };

  /// Evaluates Range and If-Range of a GET for a representation of `size` bytes. A Range is ignored
  /// when its unit is not bytes, its syntax is broken, it comes on more than one line, it has more
  /// than `most` ranges, or two that overlap; and when If-Range does not name the current
  /// representation, by a strong comparison. Ranges beyond the end are left out; when none is left
  /// it is unsatisfiable.
  static RangeSet evaluate(const RequestHeaders& headers, std::uint64_t size,
                           const Validators& current) noexcept;

  Kind kind() const noexcept { return kind_; }
  /// In the order asked for; empty unless `some`.
  std::span<const ByteRange> ranges() const noexcept { return {ranges_.data(), count_}; }

 private:
  bool add(std::string_view spec, std::uint64_t size) noexcept;
  bool overlaps(const ByteRange& range) const noexcept;

  Kind kind_ = Kind::whole;
  std::size_t count_ = 0;
  std::array<ByteRange, most> ranges_{};
};

}  // namespace catena
