#include <catena/http/etag.hpp>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>

#include "support/catch.hpp"

namespace {

using namespace std::string_view_literals;
using namespace catena;

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;

EntityTag strong(std::string_view opaque) { return {opaque, false}; }
EntityTag weak(std::string_view opaque) { return {opaque, true}; }

bool is_weak(std::int64_t modified, std::int64_t now) {
  const FileTag tag(modified, 1, now);
  CHECK(tag.tag().weak == (tag.text().substr(0, 2) == "W/"));
  return tag.tag().weak;
}

}  // namespace

TEST_CASE("entity-tags are read by RFC 9110 section 8.8.3", "[http][etag]") {
  struct Case {
    std::string_view text, opaque;
    bool weak;
  };
  for (const Case& c : {
           Case{"\"xyzzy\"", "\"xyzzy\"", false},
           Case{"W/\"xyzzy\"", "\"xyzzy\"", true},
           Case{"\"\"", "\"\"", false},
           Case{"W/\"\"", "\"\"", true},
           Case{"\"a,b\"", "\"a,b\"", false},
           Case{"\"a\\\"", "\"a\\\"", false},  // a backslash is a character like any other
           Case{"\"W/\"", "\"W/\"", false},
           Case{"\"!#~\x80\xff\"", "\"!#~\x80\xff\"", false},
       }) {
    CAPTURE(std::string(c.text));
    const auto tag = parse_entity_tag(c.text);
    REQUIRE(tag);
    CHECK(tag->opaque == c.opaque);
    CHECK(tag->weak == c.weak);
    CHECK(tag->opaque.data() == c.text.data() + (c.weak ? 2 : 0));
  }
}

TEST_CASE("what is not exactly one entity-tag is none", "[http][etag]") {
  for (const auto text :
       {""sv,           "\""sv,           "xyzzy"sv,   "*"sv,        "W/"sv,       "W/\""sv,
        "W"sv,          "w/\"a\""sv,      "W \"a\""sv, "W\"a\""sv,   "W/ \"a\""sv, "/\"a\""sv,
        "\"a"sv,        "a\""sv,          "'a'"sv,     " \"a\""sv,   "\"a\" "sv,   "\"a\"b\""sv,
        "\"a\"\"b\""sv, "\"a\", \"b\""sv, "\"a b\""sv, "\"a\tb\""sv, "\"a\0\""sv,  "\"a\x7f\""sv,
        "\"a\r\n\""sv,  "W/W/\"a\""sv,    "\"\"\""sv}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(parse_entity_tag(text));
  }
}

TEST_CASE("the table of comparisons of RFC 9110 section 8.8.3.2", "[http][etag]") {
  CHECK_FALSE(strongly_equal(weak("\"1\""), weak("\"1\"")));
  CHECK(weakly_equal(weak("\"1\""), weak("\"1\"")));
  CHECK_FALSE(strongly_equal(weak("\"1\""), weak("\"2\"")));
  CHECK_FALSE(weakly_equal(weak("\"1\""), weak("\"2\"")));
  CHECK_FALSE(strongly_equal(weak("\"1\""), strong("\"1\"")));
  CHECK_FALSE(strongly_equal(strong("\"1\""), weak("\"1\"")));
  CHECK(weakly_equal(weak("\"1\""), strong("\"1\"")));
  CHECK(strongly_equal(strong("\"1\""), strong("\"1\"")));
  CHECK(weakly_equal(strong("\"1\""), strong("\"1\"")));
  CHECK_FALSE(weakly_equal(strong("\"a\""), strong("\"A\"")));
}

TEST_CASE("a list holds a tag when one of its elements equals it", "[http][etag]") {
  const EntityTag tag = strong("\"b\"");
  for (const auto list :
       {"\"b\""sv, "\"a\", \"b\""sv, "\"a\",\"b\",\"c\""sv, " \t\"b\"\t "sv, ",,\"b\",,"sv, "*"sv,
        " * "sv, "\"a,\", \"b\""sv, "junk, \"b\""sv, "\"a b\", \"b\""sv, "W/\"b\", \"b\""sv,
        "\"a\\\", \"b\""sv, "\"\\\",\"b\""sv, "\"\", \"b\""sv}) {
    CAPTURE(std::string(list));
    CHECK(any_equal(list, tag, strongly_equal));
    CHECK(any_equal(list, tag, weakly_equal));
  }
  for (const auto list : {""sv, " "sv, ","sv, "\"a\""sv, "b"sv, "\"b"sv, "b\""sv, "\"a,\"b\",\""sv,
                          "\"B\""sv, "\"b\"x"sv, "x\"b\""sv, "\"a\" \"b\""sv, "**"sv, "*, \"a\""sv,
                          "\"*\""sv, "w/\"b\""sv, "\"a, \"b\""sv}) {
    CAPTURE(std::string(list));
    CHECK_FALSE(any_equal(list, tag, strongly_equal));
    CHECK_FALSE(any_equal(list, tag, weakly_equal));
  }
  CHECK_FALSE(any_equal("W/\"b\"", tag, strongly_equal));
  CHECK(any_equal("W/\"b\"", tag, weakly_equal));
  CHECK(any_equal("\"a,b\"", strong("\"a,b\""), strongly_equal));
  CHECK(any_equal("\"a\\\"", strong("\"a\\\""), strongly_equal));
}

TEST_CASE("a list never equals a tag that is not there, but for *", "[http][etag]") {
  for (const auto list : {""sv, "\"\""sv, "W/\"\""sv, "\"a\""sv, ","sv}) {
    CAPTURE(std::string(list));
    CHECK_FALSE(any_equal(list, EntityTag{}, weakly_equal));
  }
  CHECK(any_equal("*", EntityTag{}, strongly_equal));
}

TEST_CASE("a file's tag is an entity-tag that changes with time and size", "[http][etag]") {
  std::set<std::string> seen;
  constexpr std::int64_t kNow = 1'700'000'000 * kSecond;
  for (const std::int64_t modified :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{16}, std::int64_t{-1}, kNow, kNow - 1,
        kNow - kSecond, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()}) {
    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{16},
                                     std::numeric_limits<std::uint64_t>::max()}) {
      CAPTURE(modified, size);
      const FileTag tag(modified, size, kNow);
      const auto parsed = parse_entity_tag(tag.text());
      REQUIRE(parsed);
      CHECK(parsed->opaque == tag.tag().opaque);
      CHECK(parsed->weak == tag.tag().weak);
      CHECK(seen.insert(std::string(parsed->opaque)).second);
    }
  }
}

TEST_CASE("the same file has the same tag everywhere, fresh or not", "[http][etag]") {
  constexpr std::int64_t kModified = 1'700'000'000 * kSecond + 123'456'789;
  const FileTag fresh(kModified, 42, kModified);
  const FileTag later(kModified, 42, kModified + 3600 * kSecond);
  const FileTag latest(kModified, 42, kModified + 7200 * kSecond);
  CHECK(fresh.tag().weak);
  CHECK_FALSE(later.tag().weak);
  CHECK(later.text() == latest.text());
  CHECK(weakly_equal(fresh.tag(), later.tag()));
  CHECK_FALSE(strongly_equal(fresh.tag(), later.tag()));
}

TEST_CASE("a tag is weak while the clock could not tell a further change", "[http][etag]") {
  constexpr std::int64_t kFine = 1'700'000'000 * kSecond + 1;  // a clock with fractions
  CHECK(is_weak(kFine, kFine));
  CHECK(is_weak(kFine, kFine + 20 * kMillisecond - 1));
  CHECK_FALSE(is_weak(kFine, kFine + 20 * kMillisecond));
  CHECK_FALSE(is_weak(kFine, kFine + 2 * kSecond - 1));

  constexpr std::int64_t kWhole = 1'700'000'000 * kSecond;  // maybe one with whole seconds only
  CHECK(is_weak(kWhole, kWhole));
  CHECK(is_weak(kWhole, kWhole + 20 * kMillisecond));
  CHECK(is_weak(kWhole, kWhole + 2 * kSecond - 1));
  CHECK_FALSE(is_weak(kWhole, kWhole + 2 * kSecond));
}

TEST_CASE("a file from the future is weak while that is a matter of clocks", "[http][etag]") {
  constexpr std::int64_t kFine = 1'700'000'000 * kSecond + 1;
  CHECK(is_weak(kFine, kFine - 1));
  CHECK(is_weak(kFine, kFine - 20 * kMillisecond + 1));
  CHECK_FALSE(is_weak(kFine, kFine - 20 * kMillisecond));
  CHECK_FALSE(is_weak(kFine, kFine - 3600 * kSecond));
}

TEST_CASE("a content coding makes a tag of its own", "[http][etag]") {
  constexpr std::int64_t kModified = 1'700'000'000 * kSecond;
  const FileTag plain(kModified, 42, kModified + 3600 * kSecond);
  const FileTag gzip(kModified, 42, kModified + 3600 * kSecond, "gzip");
  CHECK(std::string(gzip.text()) ==
        std::string(plain.text().substr(0, plain.text().size() - 1)) + "-gzip\"");
  CHECK(parse_entity_tag(gzip.text()));
  CHECK(plain.with_coding("gzip").text() == gzip.text());
  CHECK(plain.with_coding("").text() == plain.text());
  CHECK(FileTag(INT64_MIN, UINT64_MAX, INT64_MIN).with_coding("eightbytes").text() ==
        FileTag(INT64_MIN, UINT64_MAX, INT64_MIN, "eightbytes").text());
  const FileTag longest(INT64_MIN, UINT64_MAX, INT64_MIN, "eightbytes");
  CHECK(parse_entity_tag(longest.text()));
  CHECK(std::string(longest.text()) == "W/\"8000000000000000-ffffffffffffffff-eightbyt\"");
}
