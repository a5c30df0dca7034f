#include "catena/runtime/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>

#include "catena/http/escape.hpp"

namespace catena::log {
namespace {

constexpr std::array<std::string_view, 6> level_names{"trace", "debug", "info",
                                                      "warn",  "error", "off"};
constexpr std::size_t quoted_limit = 200;

spdlog::level::level_enum to_spdlog(Level level) noexcept {
  switch (level) {
    case Level::trace: return spdlog::level::trace;
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
    case Level::off: break;
  }
  return spdlog::level::off;
}

std::string_view shown_name(spdlog::level::level_enum level) noexcept {
  switch (level) {
    case spdlog::level::trace: return "trace";
    case spdlog::level::debug: return "debug";
    case spdlog::level::info: return "info ";
    case spdlog::level::warn: return "warn ";
    default: return "error";
  }
}

/// The level by the names of parse_level, all five characters wide.
class LevelName : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& into) override {
    const std::string_view name = shown_name(message.level);
    into.append(name.data(), name.data() + name.size());
  }
  std::unique_ptr<spdlog::custom_flag_formatter> clone() const override {
    return std::make_unique<LevelName>();
  }
};

std::unique_ptr<spdlog::formatter> make_formatter() {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<LevelName>('*').set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %* %v");
  return formatter;
}

/// Never destroyed, so that what runs late at exit can still log. Null without the memory for it.
spdlog::logger* logger() noexcept {
  static spdlog::logger* const instance = []() noexcept -> spdlog::logger* {
    try {
      auto made = std::make_unique<spdlog::logger>(
          "catena", std::make_shared<spdlog::sinks::stderr_sink_mt>());
      made->set_formatter(make_formatter());
      made->set_level(spdlog::level::info);
      return made.release();
    } catch (...) {
      return nullptr;
    }
  }();
  return instance;
}

bool is_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

/// A message is a line: whatever got into it may not begin another one.
std::string on_one_line(std::string_view message) {
  std::string line;
  for (const char& c : message) {
    if (is_control(c)) {
      append_escaped(line, {&c, 1});
    } else {
      line += c;
    }
  }
  return line;
}

}  // namespace

std::optional<Level> parse_level(std::string_view name) noexcept {
  const auto* const found = std::find(level_names.begin(), level_names.end(), name);
  if (found == level_names.end()) return std::nullopt;
  return static_cast<Level>(found - level_names.begin());
}

void set_level(Level level) noexcept {
  if (logger() != nullptr) logger()->set_level(to_spdlog(level));
}

bool enabled(Level level) noexcept {
  return level != Level::off && logger() != nullptr && logger()->should_log(to_spdlog(level));
}

void write(Level level, std::string_view message) noexcept {
  if (!enabled(level)) return;
  try {
    if (std::any_of(message.begin(), message.end(), is_control)) {
      logger()->log(to_spdlog(level), on_one_line(message));
    } else {
      logger()->log(to_spdlog(level), spdlog::string_view_t(message.data(), message.size()));
    }
  } catch (...) {
    // There is nowhere left to say it.
  }
}

void flush() noexcept {
  try {
    if (logger() != nullptr) logger()->flush();
  } catch (...) {
    // As in write.
  }
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  append_escaped(out, text.substr(0, quoted_limit));
  out += '"';
  if (text.size() > quoted_limit) out += "...";
  return out;
}

}  // namespace catena::log
