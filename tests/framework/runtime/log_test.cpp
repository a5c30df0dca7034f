#include "catena/runtime/log.hpp"

#include <unistd.h>

#include <string>

#include "support/captured_output.hpp"
#include "support/catch.hpp"

using namespace catena;

namespace {

/// Lines without the time in front of them.
std::string without_time(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    REQUIRE(end != std::string::npos);
    CHECK(text[at + 10] == 'T');
    CHECK(text.substr(at + 23, 2) == "Z ");
    out += text.substr(at + 25, end + 1 - (at + 25));
    at = end + 1;
  }
  return out;
}

struct LevelAtEnd {
  ~LevelAtEnd() { log::set_level(log::Level::info); }
};

}  // namespace

TEST_CASE("the log writes a line a message, from its level on") {
  const LevelAtEnd restore;
  const CapturedOutput captured(STDERR_FILENO);
  log::set_level(log::Level::info);
  log::debug("not shown");
  log::info("a {} b");
  log::warn("");
  log::error("one\ntwo\x1b[0m");
  log::set_level(log::Level::error);
  log::warn("not shown");
  CHECK_FALSE(log::enabled(log::Level::warn));
  CHECK(log::enabled(log::Level::error));
  log::set_level(log::Level::off);
  log::error("not shown");
  log::write(log::Level::off, "not shown");
  log::flush();
  CHECK(without_time(captured.text()) == "info  a {} b\nwarn  \nerror one\\x0atwo\\x1b[0m\n");
}

TEST_CASE("levels go by their names") {
  CHECK(log::parse_level("trace") == log::Level::trace);
  CHECK(log::parse_level("warn") == log::Level::warn);
  CHECK(log::parse_level("off") == log::Level::off);
  CHECK_FALSE(log::parse_level("Warn"));
  CHECK_FALSE(log::parse_level(""));
}

TEST_CASE("quoted text is escaped and cut") {
  CHECK(log::quoted("") == R"("")");
  CHECK(log::quoted("a\"\n\xff") == R"("a\"\x0a\xff")");
  CHECK(log::quoted(std::string(200, 'x')) == '"' + std::string(200, 'x') + '"');
  CHECK(log::quoted(std::string(201, 'x')) == '"' + std::string(200, 'x') + "\"...");
}
