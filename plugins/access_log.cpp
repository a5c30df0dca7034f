// Writes a line about every request that is over: what the parser refused and what a client broke
// off, too. It stands outermost, so that nothing escapes it. Lines go to a LineSink, which never
// makes a request wait; what a client sent is escaped, so that nobody can forge a line.

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "catena/http/escape.hpp"
#include "catena/http/last_tick.hpp"
#include "catena/plugin/plugin.hpp"
#include "catena/runtime/line_sink.hpp"

namespace catena::plugins {
namespace {

using WallTime = std::chrono::system_clock::time_point;

enum class Format : std::uint8_t { common, combined, json };

struct Options {
  Format format = Format::common;
  std::filesystem::path file = "-";
};

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields
      .add(
          "format", &Options::format,
          "What a line looks like: the Common Log Format, the same with Referer and User-Agent, or "
          "a JSON object.")
      .choices(
          {{"common", Format::common}, {"combined", Format::combined}, {"json", Format::json}});
  fields.add("file", &Options::file,
             "The file that lines are appended to; \"-\" is standard output.");
  return fields;
}

template <typename Number>
void append_number(std::string& out, Number value, std::size_t least_digits = 1) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const auto size = static_cast<std::size_t>(end - digits.data());
  if (size < least_digits) out.append(least_digits - size, '0');
  out.append(digits.data(), size);
}

using Text = std::optional<std::string_view>;

void append_quoted(std::string& out, Text text) {
  if (!text || text->empty()) text = "-";
  out += '"';
  append_escaped(out, *text);
  out += '"';
}

void append_member(std::string& out, std::string_view name, Text text) {
  out.append(",\"").append(name).append("\":");
  if (text) {
    append_json_string(out, *text);
  } else {
    out += "null";
  }
}

template <typename Number>
void append_member(std::string& out, std::string_view name,
                   Number value) requires std::integral<Number> {
  out.append(",\"").append(name).append("\":");
  append_number(out, value);
}

/// "22/Nov/2026:21:30:48 +0000" in the local time zone. The view belongs to the calling thread; the
/// text is made anew once a second.
std::string_view local_time_text(WallTime time) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  thread_local std::time_t made_for = -1;
  thread_local std::string text;
  const std::time_t now = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  if (now == made_for) return text;
  std::tm parts{};
  ::localtime_r(&now, &parts);
  const auto put = [](int value, std::size_t digits, char after) {
    append_number(text, value, digits);
    text += after;
  };
  text.clear();
  put(parts.tm_mday, 2, '/');
  text.append(months.substr(static_cast<std::size_t>(parts.tm_mon) * 3, 3)).append(1, '/');
  put(parts.tm_year + 1900, 4, ':');
  put(parts.tm_hour, 2, ':');
  put(parts.tm_min, 2, ':');
  put(parts.tm_sec, 2, ' ');
  const long minutes_east = parts.tm_gmtoff / 60;
  const long minutes = minutes_east < 0 ? -minutes_east : minutes_east;
  text += minutes_east < 0 ? '-' : '+';
  append_number(text, minutes / 60 * 100 + minutes % 60, 4);
  made_for = now;
  return text;
}

/// "2026-11-22T21:30:48.123Z", appended; all but the fraction is made anew once a second.
void append_utc_time(std::string& out, WallTime time) {
  using namespace std::chrono;
  thread_local sys_seconds made_for = sys_seconds::min();
  thread_local std::string text;
  const sys_seconds second = floor<seconds>(time);
  if (second != made_for) {
    const auto midnight = floor<days>(second);
    const year_month_day date{midnight};
    const hh_mm_ss clock{second - midnight};
    const auto put = [](auto value, std::size_t digits, char after) {
      append_number(text, value, digits);
      text += after;
    };
    text.clear();
    put(static_cast<int>(date.year()), 4, '-');
    put(static_cast<unsigned>(date.month()), 2, '-');
    put(static_cast<unsigned>(date.day()), 2, 'T');
    put(clock.hours().count(), 2, ':');
    put(clock.minutes().count(), 2, ':');
    put(clock.seconds().count(), 2, '.');
    made_for = second;
  }
  out.append(text);
  append_number(out, floor<milliseconds>(time - second).count(), 3);
  out += 'Z';
}

std::string_view name_of(Sent::Outcome outcome) {
  switch (outcome) {
    case Sent::Outcome::complete: return "complete";
    case Sent::Outcome::gone: return "gone";
    case Sent::Outcome::too_slow: return "too_slow";
    case Sent::Outcome::cut: return "cut";
  }
  return "unknown";
}

void append_common(std::string& out, const Exchange& exchange, const Sent& sent, WallTime time) {
  append_escaped(out, exchange.client.address);
  out.append(" - - [").append(local_time_text(time)).append("] ");
  append_quoted(out, exchange.request.line);
  out += ' ';
  append_number(out, code(sent.status), 3);
  out += ' ';
  if (sent.body_bytes == 0) {
    out += '-';
  } else {
    append_number(out, sent.body_bytes);
  }
}

void append_combined(std::string& out, const Exchange& exchange, const Sent& sent, WallTime time) {
  append_common(out, exchange, sent, time);
  out += ' ';
  append_quoted(out, exchange.request.headers.find("Referer"));
  out += ' ';
  append_quoted(out, exchange.request.headers.find("User-Agent"));
}

void append_object(std::string& out, const Exchange& exchange, const Sent& sent, WallTime time) {
  const Request& request = exchange.request;
  out += "{\"time\":\"";
  append_utc_time(out, time);
  out += '"';
  append_member(out, "client", exchange.client.address);
  if (request.method.empty()) {
    append_member(out, "line", request.line);
  } else {
    append_member(out, "method", request.method);
    append_member(out, "target", request.target.raw);
    append_member(out, "protocol", request.version == Version::http_1_0 ? "HTTP/1.0" : "HTTP/1.1");
  }
  append_member(out, "status", code(sent.status));
  append_member(out, "bytes", sent.body_bytes);
  append_member(out, "head_bytes", sent.head_bytes);
  const std::int64_t microseconds = std::max<std::int64_t>(sent.duration.count() / 1000, 0);
  append_member(out, "duration_ms", microseconds / 1000);
  out += '.';
  append_number(out, microseconds % 1000, 3);
  append_member(out, "outcome", name_of(sent.outcome));
  append_member(out, "referer", request.headers.find("Referer"));
  append_member(out, "user_agent", request.headers.find("User-Agent"));
  out += '}';
}

class AccessLog : public Handler {
 public:
  explicit AccessLog(Options options) : options_(std::move(options)) {}

  void start() override {
    // A path is absolute by now, also the one that only says "-".
    const bool standard_output = options_.file.filename() == "-";
    sink_ =
        std::make_unique<LineSink>("access log", standard_output ? "-" : options_.file.string());
  }

  void stop() noexcept override { sink_.reset(); }

  void handle(Exchange& exchange, Next& next) const override { next(exchange); }

  // The others have whole seconds.
  bool wants_duration() const noexcept override { return options_.format == Format::json; }

  void finished(const Exchange& exchange, const Sent& sent) const noexcept override {
    if (exchange.dry_run || !sink_) return;
    try {
      write_line(exchange, sent);
    } catch (...) {
      // Without memory for the line there is none; the server goes on.
    }
  }

 private:
  void write_line(const Exchange& exchange, const Sent& sent) const {
    constexpr std::size_t usual_size = 4096;
    thread_local std::string line;
    line.clear();
    line.reserve(usual_size);
    using Clock = std::chrono::system_clock;
    // The last tick is enough for a format of whole seconds.
    const WallTime now = options_.format == Format::json ? Clock::now() : last_tick<Clock>();
    // The moment at which the request's first byte came.
    const WallTime time = now - std::chrono::duration_cast<WallTime::duration>(sent.duration);
    switch (options_.format) {
      case Format::common: append_common(line, exchange, sent, time); break;
      case Format::combined: append_combined(line, exchange, sent, time); break;
      case Format::json: append_object(line, exchange, sent, time); break;
    }
    sink_->write(line);
    // A client with huge fields may not leave every thread with a huge buffer.
    if (line.capacity() > usual_size) line = {};
  }

  Options options_;
  std::unique_ptr<LineSink> sink_;
};

}  // namespace

Plugin access_log() {
  return describe("access_log", "Writes a line about every request.", fields(),
                  [](Options options) { return std::make_unique<AccessLog>(std::move(options)); });
}

}  // namespace catena::plugins
