#include "catena/plugin/plugin_name.hpp"

#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace catena;

TEST_CASE("plugins have names by one rule", "[plugin]") {
  for (const std::string_view name : {"a", "hello_world", "h2", "x_"}) CHECK(is_plugin_name(name));
  for (const std::string_view name : {"", "A", "1a", "_a", "a b", "a-b", "a/b", "ä"}) {
    CHECK_FALSE(is_plugin_name(name));
  }
  CHECK(is_plugin_name(std::string(64, 'a')));
  CHECK_FALSE(is_plugin_name(std::string(65, 'a')));
}
