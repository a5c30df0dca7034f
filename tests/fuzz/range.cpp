// Ranges: what is served lies within the file, once. The first line is the file's size, the second
// Range, the third If-Range.

#include <charconv>

#include "catena/http/range.hpp"
#include "fuzz/fuzz.hpp"

namespace catena::fuzz {

void fuzz(std::string_view input) {
  const std::string_view number = take_line(input);
  std::uint64_t size = 0;
  std::from_chars(number.data(), number.data() + number.size(), size);
  RequestHeaders headers;
  headers.append({"Range", take_line(input)});
  if (!input.empty()) headers.append({"If-Range", take_line(input)});
  const RangeSet set =
      RangeSet::evaluate(headers, size, Validators{EntityTag{"\"tag\"", false}, 1'000'000'000});

  require(set.ranges().size() <= RangeSet::most, "there are no more ranges than the most");
  require(set.ranges().empty() == (set.kind() != RangeSet::Kind::some), "some are some");
  std::uint64_t total = 0;
  for (const ByteRange& range : set.ranges()) {
    require(range.first <= range.last && range.last < size, "a range lies within the file");
    total += range.size();
  }
  require(total <= size, "ranges are no longer than the file");
  for (std::size_t a = 0; a < set.ranges().size(); ++a) {
    for (std::size_t b = a + 1; b < set.ranges().size(); ++b) {
      const ByteRange& one = set.ranges()[a];
      const ByteRange& other = set.ranges()[b];
      require(one.last < other.first || other.last < one.first, "ranges do not overlap");
    }
  }
}

}  // namespace catena::fuzz
