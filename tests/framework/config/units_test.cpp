#include "catena/config/units.hpp"

#include <limits>
#include <regex>
#include <string>

#include "support/catch.hpp"

using namespace catena::config;

TEST_CASE("durations have a number and a unit") {
  CHECK(parse_duration("500ms") == 500);
  CHECK(parse_duration("10s") == 10'000);
  CHECK(parse_duration("5m") == 300'000);
  CHECK(parse_duration("1h") == 3'600'000);
  CHECK(parse_duration("0s") == 0);
  for (const char* wrong :
       {"", "s", "10", "10 s", " 10s", "10s ", "-1s", "-0s", "+1s", "1.5s", "10S", "10sec", "1h30m",
        "99999999999999999999s", "9223372036854775807h"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_duration(wrong));
  }
}

TEST_CASE("sizes have a number and a binary unit") {
  CHECK(parse_size("8KiB") == 8192);
  CHECK(parse_size("1MiB") == 1'048'576);
  CHECK(parse_size("1GiB") == 1'073'741'824);
  for (const char* wrong : {"", "8", "8KB", "8kib", "8 KiB", "-1KiB", "9223372036854775807GiB"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_size(wrong));
  }
}

TEST_CASE("they are written in the largest unit that holds them whole") {
  CHECK(duration_text(0) == "0s");
  CHECK(duration_text(1'500) == "1500ms");
  CHECK(duration_text(90'000) == "90s");
  CHECK(duration_text(7'200'000) == "2h");
  CHECK(size_text(0) == "0");
  CHECK(size_text(1000) == "1000");
  CHECK(size_text(65'536) == "64KiB");
  CHECK(size_text(std::int64_t{3} << 30) == "3GiB");
}

TEST_CASE("the patterns of durations and sizes match exactly what is read") {
  const std::regex durations(duration_pattern(10, 24 * 3'600'000));
  for (const std::string text :
       {"10ms",  "9ms", "0s",  "1s",         "0001s",      "86400s", "86401s", "1440m",
        "1441m", "24h", "25h", "86400000ms", "86400001ms", "",       "10",     "1.5s",
        "-1s",   "+1s", " 1s", "1 s",        "1S",         "1d"}) {
    CAPTURE(text);
    const auto read = parse_duration(text);
    const bool inside = read && *read >= 10 && *read <= 24 * 3'600'000;
    CHECK(std::regex_match(text, durations) == inside);
  }
  const std::regex sizes(size_pattern(512, 16 << 20));
  const std::regex any(size_pattern(0, std::numeric_limits<std::int64_t>::max()));
  for (const std::string text : {"0KiB", "1KiB", "16MiB", "17MiB", "16384KiB", "16385KiB", "1GiB",
                                 "8589934591GiB", "8589934592GiB", "8", "8KB"}) {
    CAPTURE(text);
    const auto read = parse_size(text);
    CHECK(std::regex_match(text, sizes) == (read && *read >= 512 && *read <= 16 << 20));
    CHECK(std::regex_match(text, any) == read.has_value());
  }
}
