#include "catena/config/json_text.hpp"

#include "support/catch.hpp"

using namespace catena::config;

namespace {

Value parsed(std::string_view text) {
  Diagnostics diagnostics;
  auto value = parse(text, "t.json", {}, diagnostics);
  REQUIRE(value);
  return *value;
}

}  // namespace

TEST_CASE("values are written as JSON") {
  CHECK(to_json(parsed(R"( { "a" : [ 1, -2.50, null, true, "x\"\\\n" ], "b" : {} } )")) ==
        R"({"a":[1,-2.50,null,true,"x\"\\\u000a"],"b":{}})");
  CHECK(to_json(Value()) == "null");
}

TEST_CASE("messages show values cut short, between characters") {
  CHECK(shown(parsed("18446744073709551615")) == "18446744073709551615");
  CHECK(shown(parsed("[1]")) == "an array");
  CHECK(shown(parsed("{}")) == "an object");
  const std::string text = shown(parsed("\"" + std::string(58, 'a') + "äää\""));
  CHECK(text == "\"" + std::string(58, 'a') + "…");
}
