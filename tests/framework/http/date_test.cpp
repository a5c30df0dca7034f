#include <array>
#include <catena/http/date.hpp>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <thread>

#include "support/catch.hpp"

namespace {

using namespace std::string_view_literals;
using catena::current_http_date;
using catena::HttpDate;
using catena::parse_http_date;

constexpr std::time_t kDay = 86400;
constexpr std::time_t kLastOf9999 = 253402300799;
constexpr const char* kImfFixdate = "%a, %d %b %Y %H:%M:%S GMT";
constexpr const char* kRfc850 = "%A, %d-%b-%y %H:%M:%S GMT";
constexpr const char* kAsctime = "%a %b %e %H:%M:%S %Y";

// The C library's word for it; tests run in the "C" locale.
std::string formatted(const char* format, std::time_t time) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

std::time_t to_time(int year, int month, int day) {
  std::tm parts{};
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  parts.tm_mday = day;
  return timegm(&parts);
}

std::tm today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  return parts;
}

// About 41,000 moments from 1970 to 9999, at every time of day and day of the year.
template <typename Visitor>
void for_each_moment(Visitor visit) {
  for (std::time_t time = 0; time <= kLastOf9999; time += 71 * kDay + 3727) visit(time);
  visit(kLastOf9999);
  for (int year = 1970; year <= 9999; year += 97) {  // the ends of years and of Februaries
    for (const std::time_t day : {to_time(year, 1, 1), to_time(year, 3, 1)}) {
      visit(day);
      if (day > 0) visit(day - 1);
    }
  }
}

}  // namespace

TEST_CASE("the example of RFC 9110 section 5.6.7 in its three forms", "[http][date]") {
  CHECK(std::string_view(HttpDate(784111777)) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == 784111777);
  CHECK(parse_http_date("Sun Nov  6 08:49:37 1994") == 784111777);
}

TEST_CASE("dates are written as IMF-fixdate", "[http][date]") {
  CHECK(std::string_view(HttpDate(0)) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(std::string_view(HttpDate(-1)) == "Wed, 31 Dec 1969 23:59:59 GMT");
  CHECK(std::string_view(HttpDate(951782400)) == "Tue, 29 Feb 2000 00:00:00 GMT");
  CHECK(std::string_view(HttpDate(2147483648)) == "Tue, 19 Jan 2038 03:14:08 GMT");
  CHECK(std::string_view(HttpDate(kLastOf9999)) == "Fri, 31 Dec 9999 23:59:59 GMT");
  CHECK(std::string_view(HttpDate(-62135596800)) == "Mon, 01 Jan 0001 00:00:00 GMT");
  CHECK(std::string_view(HttpDate(-62167219200)) == "Sat, 01 Jan 0000 00:00:00 GMT");

  for_each_moment([](std::time_t time) {
    const std::string expected = formatted(kImfFixdate, time);
    if (std::string_view(HttpDate(time)) != expected) {
      CHECK(std::string(std::string_view(HttpDate(time))) == expected);
    }
  });
}

TEST_CASE("what is written is read back", "[http][date]") {
  for_each_moment([](std::time_t time) {
    if (parse_http_date(HttpDate(time)) != time) {
      CHECK(parse_http_date(HttpDate(time)) == time);
    }
    const std::string asctime = formatted(kAsctime, time);
    if (parse_http_date(asctime) != time) {
      CAPTURE(asctime);
      CHECK(parse_http_date(asctime) == time);
    }
  });
  CHECK(parse_http_date(HttpDate(-62135596800)) == -62135596800);
}

TEST_CASE("a two-digit year is the latest within 50 years from now", "[http][date]") {
  const std::tm before = today();
  const int year = before.tm_year + 1900;
  for (int other = year - 49; other <= year + 49; ++other) {
    for (const std::time_t time : {to_time(other, 1, 1), to_time(other, 12, 31) + 12 * 3600}) {
      const std::string text = formatted(kRfc850, time);
      CAPTURE(text, other);
      CHECK(parse_http_date(text) == time);
    }
  }

  // In the year 50 years from now, the days up to today's are in the future, later ones are past.
  const std::time_t in_50_years = to_time(year + 50, before.tm_mon + 1, before.tm_mday);
  const std::string inside = formatted(kRfc850, in_50_years - 2 * kDay);
  const std::time_t outside = to_time(year - 50, before.tm_mon + 1, before.tm_mday) + 2 * kDay;
  const std::string past = formatted(kRfc850, outside);
  if (today().tm_yday == before.tm_yday) {
    CAPTURE(inside, past);
    CHECK(parse_http_date(inside) == in_50_years - 2 * kDay);
    CHECK(parse_http_date(past) == outside);
  }
}

TEST_CASE("the day of asctime has a space or a second digit in front", "[http][date]") {
  CHECK(parse_http_date("Sat Nov 26 08:49:37 1994") == 785839777);
  CHECK(parse_http_date("Sun Nov 06 08:49:37 1994") == 784111777);
  CHECK_FALSE(parse_http_date("Sun Nov 6 08:49:37 1994"));
  CHECK_FALSE(parse_http_date("Sun Nov   6 08:49:37 1994"));
}

TEST_CASE("a leap second is read as the second before", "[http][date]") {
  CHECK(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT") == 1483228799);
  CHECK_FALSE(parse_http_date("Sat, 31 Dec 2016 23:59:61 GMT"));
}

TEST_CASE("dates that do not exist are no dates", "[http][date]") {
  for (const auto text : {
           "Mon, 06 Nov 1994 08:49:37 GMT"sv,  // it was a Sunday
           "Monday, 06-Nov-94 08:49:37 GMT"sv,
           "Mon Nov  6 08:49:37 1994"sv,
           "Sun, 00 Nov 1994 08:49:37 GMT"sv,
           "Thu, 31 Nov 1994 08:49:37 GMT"sv,
           "Fri, 32 Dec 1999 08:49:37 GMT"sv,
           "Mon, 29 Feb 1999 08:49:37 GMT"sv,
           "Thu, 29 Feb 1900 08:49:37 GMT"sv,
           "Sun, 06 Nov 1994 24:00:00 GMT"sv,
           "Sun, 06 Nov 1994 08:60:37 GMT"sv,
           "Sun, 06 Nov 1994 99:99:99 GMT"sv,
       }) {
    CAPTURE(std::string(text));
    CHECK_FALSE(parse_http_date(text));
  }
}

TEST_CASE("what only looks like a date is none", "[http][date]") {
  for (const auto text : {
           ""sv,
           " "sv,
           "now"sv,
           "0"sv,
           "784111777"sv,
           "1994-11-06T08:49:37Z"sv,
           "Sun, 06 Nov 1994 08:49:37"sv,
           "Sun, 06 Nov 1994 08:49:37 "sv,
           "Sun, 06 Nov 1994 08:49:37 UTC"sv,
           "Sun, 06 Nov 1994 08:49:37 +0000"sv,
           "Sun, 06 Nov 1994 08:49:37 gmt"sv,
           "Sun, 06 Nov 1994 08:49:37 GMT "sv,
           " Sun, 06 Nov 1994 08:49:37 GMT"sv,
           "Sun, 06 Nov 1994 08:49:37 GMTx"sv,
           "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT"sv,
           "Sun, 06 Nov 1994 08:49:37 GMT; length=5"sv,
           "sun, 06 nov 1994 08:49:37 GMT"sv,
           "Sun,06 Nov 1994 08:49:37 GMT"sv,
           "Sun, 6 Nov 1994 08:49:37 GMT"sv,
           "Sun,  6 Nov 1994 08:49:37 GMT"sv,
           "Sun, 06 Nov 94 08:49:37 GMT"sv,
           "Sun, 06 Nov 01994 08:49:37 GMT"sv,
           "Sun, 06-Nov-1994 08:49:37 GMT"sv,
           "Sun, 06-Nov-94 08:49:37 GMT"sv,
           "Sunday, 06 Nov 1994 08:49:37 GMT"sv,
           "Sunday, 06-Nov-1994 08:49:37 GMT"sv,
           "Sunday, 06-Nov-94 08:49:37"sv,
           "Sun, 06 Nov 1994 8:49:37 GMT"sv,
           "Sun, 06 Nov 1994 08.49.37 GMT"sv,
           "Sun, 06 Nov 1994 08:49 GMT"sv,
           "Sun, 06 November 1994 08:49:37 GMT"sv,
           "Sun, 0x Nov 1994 08:49:37 GMT"sv,
           "Sun, -6 Nov 1994 08:49:37 GMT"sv,
           "Sun, +6 Nov 1994 08:49:37 GMT"sv,
           "Sun, 06 Nov -994 08:49:37 GMT"sv,
           "Sun Nov  6 08:49:37 1994 GMT"sv,
           "Sun Nov  6 08:49:37 94"sv,
           "Sun Nov  6 08:49:37 1994\n"sv,
           "06 Nov 1994 08:49:37 GMT"sv,
           "Sun, 06 Nov 1994 08:49:37 GM\0"sv,
           "Sun, 06 Nov 1994 08:49:37 GMT\0"sv,
       }) {
    CAPTURE(std::string(text));
    CHECK_FALSE(parse_http_date(text));
  }
}

TEST_CASE("no prefix of a date is a date", "[http][date]") {
  for (const auto text : {"Sun, 06 Nov 1994 08:49:37 GMT"sv, "Sunday, 06-Nov-94 08:49:37 GMT"sv,
                          "Sun Nov  6 08:49:37 1994"sv}) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      CAPTURE(std::string(text.substr(0, size)));
      CHECK_FALSE(parse_http_date(text.substr(0, size)));
    }
  }
}

TEST_CASE("the Date of a response is now, and well-formed", "[http][date]") {
  const std::time_t before = std::time(nullptr);
  const std::string text(current_http_date());
  const std::time_t after = std::time(nullptr);
  CHECK(text.size() == 29);
  const auto time = parse_http_date(text);
  REQUIRE(time);
  CHECK(*time >= before);
  CHECK(*time <= after);

  std::string elsewhere;
  std::thread([&elsewhere] { elsewhere = current_http_date(); }).join();
  const auto later = parse_http_date(elsewhere);
  REQUIRE(later);
  CHECK(*later >= *time);
}
