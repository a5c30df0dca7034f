// RFC 9110 section 14: byte ranges.

#include "catena/http/range.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace catena;
using namespace std::literals;

namespace {

constexpr std::uint64_t size = 100;

RangeSet evaluate(std::string_view range, std::string_view if_range = {},
                  std::uint64_t length = size) {
  RequestHeaders headers;
  headers.append({"Range", range});
  if (!if_range.empty()) headers.append({"If-Range", if_range});
  const Validators current{EntityTag{"\"now\"", false}, 784111777};
  return RangeSet::evaluate(headers, length, current);
}

std::string shown(const RangeSet& set) {
  if (set.kind() == RangeSet::Kind::whole) return "whole";
  if (set.kind() == RangeSet::Kind::unsatisfiable) return "unsatisfiable";
  std::string text;
  for (const ByteRange& range : set.ranges()) {
    text.append(text.empty() ? "" : ",").append(std::to_string(range.first));
    text.append("-").append(std::to_string(range.last));
  }
  return text;
}

struct Case {
  std::string_view range;
  std::string_view expected;
};

}  // namespace

TEST_CASE("14.1.2: byte ranges, clipped at the end", "[http][range]") {
  for (const Case& c : std::vector<Case>{
           {"bytes=0-0", "0-0"},
           {"bytes=0-", "0-99"},
           {"bytes=99-", "99-99"},
           {"bytes=10-19", "10-19"},
           {"bytes=10-1000", "10-99"},
           {"bytes=-1", "99-99"},
           {"bytes=-100", "0-99"},
           {"bytes=-1000", "0-99"},
           {"bytes=0-18446744073709551615", "0-99"},
           {"bytes=0-99999999999999999999999", "0-99"},
           {"BYTES=1-2", "1-2"},
           {"bytes=0-1,5-8", "0-1,5-8"},
           {"bytes= 0-1 , 5-8", "0-1,5-8"},
           {"bytes=,0-1,,5-8,", "0-1,5-8"},
           {"bytes=0-9,-10,10-19", "0-9,90-99,10-19"},
           {"bytes=0-9,100-,200-300", "0-9"},
       }) {
    CAPTURE(c.range);
    CHECK(shown(evaluate(c.range)) == c.expected);
  }
}

TEST_CASE("14.1.1: what begins beyond the end can't be satisfied", "[http][range]") {
  for (const auto range : {"bytes=100-"sv, "bytes=100-200"sv, "bytes=-0"sv,
                           "bytes=99999999999999999999-"sv, "bytes=100-,200-"sv}) {
    CAPTURE(range);
    CHECK(shown(evaluate(range)) == "unsatisfiable");
  }
  for (const auto range : {"bytes=0-"sv, "bytes=0-0"sv, "bytes=-1"sv}) {
    CAPTURE(range);
    CHECK(shown(evaluate(range, {}, 0)) == "unsatisfiable");
  }
}

TEST_CASE("14.2: what is malformed, or of another unit, is ignored", "[http][range]") {
  for (const auto range :
       {""sv, "bytes"sv, "bytes="sv, "bytes=-"sv, "bytes=,"sv, "bytes=1"sv, "bytes=a-b"sv,
        "bytes=5-2"sv, "bytes=--5"sv, "bytes=0--"sv, "bytes=-2-3"sv, "bytes=+1-5"sv,
        "bytes=0x1-0x5"sv, "bytes=1 -5"sv, "bytes 0-3"sv, "bytes =0-3"sv, "lines=0-3"sv,
        "bytes=0-1,x"sv, "bytes=\"0-1\""sv}) {
    CAPTURE(range);
    CHECK(shown(evaluate(range)) == "whole");
  }
}

TEST_CASE("14.2: overlapping ranges, and too many, are ignored", "[http][range]") {
  CHECK(shown(evaluate("bytes=0-,1-,2-")) == "whole");
  CHECK(shown(evaluate("bytes=0-5,5-9")) == "whole");
  CHECK(shown(evaluate("bytes=10-19,0-10")) == "whole");
  std::string range("bytes=0-0");
  for (std::size_t number = 1; number < RangeSet::most; ++number) {
    range.append(",").append(std::to_string(2 * number)).append("-");
    range.append(std::to_string(2 * number));
  }
  CHECK(evaluate(range).ranges().size() == RangeSet::most);
  CHECK(shown(evaluate(range + ",98-98")) == "whole");
  CHECK(shown(evaluate(range + ",500-")) == "whole");
}

TEST_CASE("14.2: two Range lines are ignored, and no line asks for all", "[http][range]") {
  RequestHeaders headers;
  CHECK(shown(RangeSet::evaluate(headers, size, {})) == "whole");
  headers.append({"Range", "bytes=0-1"});
  headers.append({"range", "bytes=5-6"});
  CHECK(shown(RangeSet::evaluate(headers, size, {})) == "whole");
}

TEST_CASE("13.1.5: If-Range holds for the current validator only, compared strongly",
          "[http][range]") {
  for (const Case& c : std::vector<Case>{
           {"\"now\"", "0-4"},
           {"W/\"now\"", "whole"},
           {"\"then\"", "whole"},
           {"junk", "whole"},
           {"Sun, 06 Nov 1994 08:49:37 GMT", "0-4"},
           {"Sun, 06 Nov 1994 08:49:36 GMT", "whole"},
           {"Sun, 06 Nov 1994 08:49:38 GMT", "whole"},
       }) {
    CAPTURE(c.range);
    CHECK(shown(evaluate("bytes=0-4", c.range)) == c.expected);
  }
  RequestHeaders headers;
  headers.append({"Range", "bytes=0-4"});
  headers.append({"If-Range", "\"now\""});
  CHECK(shown(RangeSet::evaluate(headers, size, {EntityTag{"\"now\"", true}, 784111777})) ==
        "whole");
  CHECK(shown(RangeSet::evaluate(headers, size, {})) == "whole");
}
