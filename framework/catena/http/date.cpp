#include "catena/http/date.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "catena/http/text.hpp"

namespace catena {
namespace {

constexpr std::array<std::string_view, 7> day_names{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_day_names{
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Takes a date apart from left to right; once something does not fit, it stays failed.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : rest_(text) {}

  void literal(std::string_view expected) {
    if (rest_.substr(0, expected.size()) == expected) {
      rest_.remove_prefix(expected.size());
    } else {
      failed_ = true;
    }
  }

  template <std::size_t N>
  int one_of(const std::array<std::string_view, N>& names) {
    for (std::size_t index = 0; index < N; ++index) {
      if (rest_.substr(0, names[index].size()) == names[index]) {
        rest_.remove_prefix(names[index].size());
        return static_cast<int>(index);
      }
    }
    failed_ = true;
    return 0;
  }

  int digits(std::size_t count) {
    if (rest_.size() < count) failed_ = true;
    if (failed_) return 0;
    int value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (!is_digit(c)) failed_ = true;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  /// The day of asctime: two digits, or a space and one.
  int padded_day() {
    if (!rest_.empty() && rest_.front() == ' ') {
      rest_.remove_prefix(1);
      return digits(1);
    }
    return digits(2);
  }

  void time_of_day(int& hour, int& minute, int& second) {
    hour = digits(2);
    literal(":");
    minute = digits(2);
    literal(":");
    second = digits(2);
  }

  bool complete() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

struct Parts {
  int weekday = 0, day = 0, month = 0, year = 0, hour = 0, minute = 0, second = 0;
};

std::chrono::year_month_day date_of(const Parts& parts) {
  using namespace std::chrono;
  return {year{parts.year}, month{static_cast<unsigned>(parts.month + 1)},
          day{static_cast<unsigned>(parts.day)}};
}

/// Puts a date of a two-digit year into the latest century that is not too far in the future.
void find_century(Parts& parts) {
  using namespace std::chrono;
  const year_month_day latest = year_month_day{floor<days>(system_clock::now())} + years{50};
  const int year = static_cast<int>(latest.year());
  parts.year += year - year % 100;
  if (date_of(parts) > latest) parts.year -= 100;
}

std::optional<Parts> read_imf_fixdate(std::string_view text) {
  DateReader in(text);
  Parts parts;
  parts.weekday = in.one_of(day_names);
  in.literal(", ");
  parts.day = in.digits(2);
  in.literal(" ");
  parts.month = in.one_of(month_names);
  in.literal(" ");
  parts.year = in.digits(4);
  in.literal(" ");
  in.time_of_day(parts.hour, parts.minute, parts.second);
  in.literal(" GMT");
  return in.complete() ? std::optional(parts) : std::nullopt;
}

std::optional<Parts> read_rfc850_date(std::string_view text) {
  DateReader in(text);
  Parts parts;
  parts.weekday = in.one_of(long_day_names);
  in.literal(", ");
  parts.day = in.digits(2);
  in.literal("-");
  parts.month = in.one_of(month_names);
  in.literal("-");
  parts.year = in.digits(2);
  in.literal(" ");
  in.time_of_day(parts.hour, parts.minute, parts.second);
  in.literal(" GMT");
  if (!in.complete()) return std::nullopt;
  find_century(parts);
  return parts;
}

std::optional<Parts> read_asctime_date(std::string_view text) {
  DateReader in(text);
  Parts parts;
  parts.weekday = in.one_of(day_names);
  in.literal(" ");
  parts.month = in.one_of(month_names);
  in.literal(" ");
  parts.day = in.padded_day();
  in.literal(" ");
  in.time_of_day(parts.hour, parts.minute, parts.second);
  in.literal(" ");
  parts.year = in.digits(4);
  return in.complete() ? std::optional(parts) : std::nullopt;
}

std::optional<std::time_t> to_time(const Parts& parts) {
  using namespace std::chrono;
  const year_month_day date = date_of(parts);
  // 60: a leap second, which UTC has and time_t does not.
  if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
  const sys_days midnight{date};
  if (weekday{midnight}.c_encoding() != static_cast<unsigned>(parts.weekday)) return std::nullopt;
  const auto moment =
      midnight + hours{parts.hour} + minutes{parts.minute} + seconds{std::min(parts.second, 59)};
  return static_cast<std::time_t>(moment.time_since_epoch().count());
}

void put(char* at, std::string_view text) { std::copy(text.begin(), text.end(), at); }

void put_number(char* at, int value, int digits) {
  for (int place = digits - 1; place >= 0; --place, value /= 10) {
    at[place] = static_cast<char>('0' + value % 10);
  }
}

}  // namespace

HttpDate::HttpDate(std::time_t time) noexcept {
  using namespace std::chrono;
  const sys_seconds moment{seconds{time}};
  const auto midnight = floor<days>(moment);
  const year_month_day date{midnight};
  const hh_mm_ss clock{moment - midnight};
  char* out = text_.data();
  put(out, "Sun, 00 Jan 0000 00:00:00 GMT");
  put(out, day_names[weekday{midnight}.c_encoding()]);
  put_number(out + 5, static_cast<int>(static_cast<unsigned>(date.day())), 2);
  put(out + 8, month_names[static_cast<unsigned>(date.month()) - 1]);
  put_number(out + 12, static_cast<int>(date.year()), 4);
  put_number(out + 17, static_cast<int>(clock.hours().count()), 2);
  put_number(out + 20, static_cast<int>(clock.minutes().count()), 2);
  put_number(out + 23, static_cast<int>(clock.seconds().count()), 2);
}

std::optional<std::time_t> parse_http_date(std::string_view text) noexcept {
  std::optional<Parts> parts = read_imf_fixdate(text);
  if (!parts) parts = read_rfc850_date(text);
  if (!parts) parts = read_asctime_date(text);
  return parts ? to_time(*parts) : std::nullopt;
}

std::string_view current_http_date() noexcept {
  thread_local std::time_t made_for = -1;
  thread_local HttpDate date{0};
  const std::time_t now = std::time(nullptr);
  if (now != made_for) {
    date = HttpDate(now);
    made_for = now;
  }
  return date;
}

}  // namespace catena
