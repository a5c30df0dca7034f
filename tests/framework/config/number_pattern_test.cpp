#include "catena/config/number_pattern.hpp"

#include <limits>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"

using catena::config::number_pattern;

namespace {

bool matches(const std::string& pattern, const std::string& text) {
  return std::regex_match(text, std::regex(pattern));
}

}  // namespace

TEST_CASE("the pattern of numbers matches exactly those") {
  for (const auto& [lowest, highest] : std::vector<std::pair<int, int>>{{0, 0},
                                                                        {0, 9},
                                                                        {1, 24},
                                                                        {7, 7},
                                                                        {10, 1000},
                                                                        {95, 107},
                                                                        {64, 512},
                                                                        {100, 199},
                                                                        {199, 1001}}) {
    CAPTURE(lowest, highest);
    const std::regex pattern(number_pattern(lowest, highest));
    for (int number = 0; number <= 1200; ++number) {
      const bool inside = lowest <= number && number <= highest;
      CHECK(std::regex_match(std::to_string(number), pattern) == inside);
      CHECK(std::regex_match("00" + std::to_string(number), pattern) == inside);
    }
  }
}

TEST_CASE("the pattern of numbers knows the largest, and none") {
  const std::string all = number_pattern(0, std::numeric_limits<std::int64_t>::max());
  CHECK(matches(all, "9223372036854775807"));
  CHECK_FALSE(matches(all, "9223372036854775808"));
  CHECK_FALSE(matches(all, "10000000000000000000"));
  CHECK_FALSE(matches(all, ""));
  CHECK_FALSE(matches(all, "-1"));
  CHECK_FALSE(matches(all, "1.5"));
  CHECK_FALSE(matches(number_pattern(2, 1), "1"));
}
