#include "catena/runtime/shown.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using catena::Shown;

namespace {

std::optional<std::string> seen(const Shown<std::string>& shown) {
  std::optional<std::string> text;
  shown.look([&text](const std::string& object) { text = object; });
  return text;
}

}  // namespace

TEST_CASE("what is shown is seen until it is taken back", "[shown]") {
  Shown<std::string> shown;
  const std::string one = "one";
  const std::string two = "two";
  CHECK_FALSE(seen(shown));
  shown.show(one);
  CHECK(seen(shown) == "one");
  CHECK(seen(shown) == "one");
  shown.take_back();
  CHECK_FALSE(seen(shown));
  shown.show(two);
  CHECK(seen(shown) == "two");
  shown.take_back();
  shown.take_back();
  CHECK_FALSE(seen(shown));
}

TEST_CASE("what is shown takes the place of what was shown before", "[shown]") {
  Shown<std::string> shown;
  const std::string one = "one";
  const std::string two = "two";
  shown.show(one);
  shown.look([&](const std::string& text) {
    shown.show(two);
    CHECK(text == "one");
  });
  CHECK(seen(shown) == "two");
  shown.take_back();
  CHECK_FALSE(seen(shown));
}

TEST_CASE("a look that fails holds up nobody", "[shown]") {
  Shown<std::string> shown;
  const std::string text = "text";
  shown.show(text);
  CHECK_THROWS_AS(shown.look([](const std::string&) { throw std::runtime_error("no"); }),
                  std::runtime_error);
  CHECK(seen(shown) == "text");
  shown.take_back();
  CHECK_FALSE(seen(shown));
}

TEST_CASE("what was taken back is looked at by nobody, and may go", "[shown]") {
  // Wrong, a sanitizer finds it, or a mixture of two texts is seen.
  Shown<std::string> shown;
  std::atomic<bool> over{false};
  std::atomic<int> looks{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> lookers;
  for (int looker = 0; looker < 2; ++looker) {
    lookers.emplace_back([&] {
      while (!over) {
        shown.look([&](const std::string& text) {
          ++looks;
          if (text.find_first_not_of(text.front()) != std::string::npos) ++wrong;
        });
      }
    });
  }
  for (int round = 0; round < 5'000 || looks < 1'000; ++round) {
    auto text = std::make_unique<std::string>(100, static_cast<char>('a' + round % 26));
    shown.show(*text);
    if (round % 2 == 0) std::this_thread::yield();
    shown.take_back();
    text->assign(200, '-');
    text->front() = '+';
  }
  over = true;
  for (std::thread& looker : lookers) looker.join();
  CHECK(wrong == 0);
}
