#include "catena/runtime/log_once.hpp"

#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/captured_output.hpp"
#include "support/catch.hpp"

using namespace catena;
using namespace std::chrono_literals;

TEST_CASE("a condition that repeats is logged once a minute, with how often it was held back") {
  const CapturedOutput captured(STDERR_FILENO);
  LogOnce condition(log::Level::warn);
  const auto start = LogOnce::Clock::now();
  condition("no descriptors", start);
  condition("no descriptors", start + 1s);
  condition("no descriptors", start + 59s);
  CHECK_THAT(captured.text(), ContainsSubstring("warn  no descriptors\n"));
  condition("no descriptors", start + 60s);
  CHECK_THAT(captured.text(),
             ContainsSubstring("no descriptors (and 2 times since this was last logged)\n"));
  condition("no descriptors", start + 61s);
  condition("other words", start + 200s);
  CHECK_THAT(captured.text(),
             ContainsSubstring("other words (and 1 time since this was last logged)\n"));
  condition("no descriptors", start + 300s);
  const std::string text = captured.text();
  CHECK(std::count(text.begin(), text.end(), '\n') == 4);
  CHECK(text.ends_with("warn  no descriptors\n"));
}

TEST_CASE("of threads that meet the same condition one logs it") {
  const CapturedOutput captured(STDERR_FILENO);
  LogOnce condition(log::Level::warn);
  std::vector<std::thread> threads;
  for (int index = 0; index < 8; ++index) {
    threads.emplace_back([&] {
      for (int time = 0; time < 100; ++time) condition("refused");
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string text = captured.text();
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
}

TEST_CASE("a condition that repeats is logged with its cause") {
  const CapturedOutput captured(STDERR_FILENO);
  LogOnce condition(log::Level::warn);
  condition("a connection was closed", std::runtime_error("no memory"));
  condition("a connection was closed", std::runtime_error("held back"));
  CHECK(captured.text().ends_with("warn  a connection was closed: no memory\n"));
}
