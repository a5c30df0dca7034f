#include "catena/http/escape.hpp"

#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace std::string_view_literals;

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  catena::append_escaped(out, text);
  return out;
}

std::string json(std::string_view text) {
  std::string out;
  catena::append_json_string(out, text);
  return out;
}

}  // namespace

TEST_CASE("escaping leaves visible ASCII and spaces") {
  CHECK(escaped("GET /a?b~ HTTP/1.1") == "GET /a?b~ HTTP/1.1");
  CHECK(escaped("\"\\") == R"(\"\\)");
  CHECK(escaped("a\r\n\t\0\x1f\x7f"sv) == R"(a\x0d\x0a\x09\x00\x1f\x7f)");
  CHECK(escaped("\x80\xc3\xa9\xff") == R"(\x80\xc3\xa9\xff)");
}

TEST_CASE("a JSON string is valid whatever bytes it is made of") {
  CHECK(json("") == R"("")");
  CHECK(json("a\"b\\c/") == R"("a\"b\\c/")");
  CHECK(json("\n\0\x7f"sv) == R"("\u000a\u0000\u007f")");
  SECTION("UTF-8 stays as it is") {
    CHECK(json("\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xef\xbf\xbf \xf0\x90\x80\x80 "
               "\xf4\x8f\xbf\xbf") ==
          "\"\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xef\xbf\xbf \xf0\x90\x80\x80 "
          "\xf4\x8f\xbf\xbf\"");
  }
  SECTION("what is no UTF-8 becomes characters byte by byte") {
    CHECK(json("\x80") == R"("\u0080")");
    CHECK(json("\xff\xfe") == R"("\u00ff\u00fe")");
    CHECK(json("\xc3") == R"("\u00c3")");
    CHECK(json("\xc3(") == R"("\u00c3(")");
    CHECK(json("\xe2\x82") == R"("\u00e2\u0082")");
    CHECK(json("\xf0\x9f\x98") == R"("\u00f0\u009f\u0098")");
  }
  SECTION("overlong forms, surrogates and what is too high are no UTF-8") {
    CHECK(json("\xc0\xaf") == R"("\u00c0\u00af")");
    CHECK(json("\xc1\xbf") == R"("\u00c1\u00bf")");
    CHECK(json("\xe0\x9f\xbf") == R"("\u00e0\u009f\u00bf")");
    CHECK(json("\xed\xa0\x80") == R"("\u00ed\u00a0\u0080")");
    CHECK(json("\xf0\x8f\xbf\xbf") == R"("\u00f0\u008f\u00bf\u00bf")");
    CHECK(json("\xf4\x90\x80\x80") == R"("\u00f4\u0090\u0080\u0080")");
    CHECK(json("\xf5\x80\x80\x80") == R"("\u00f5\u0080\u0080\u0080")");
  }
}

TEST_CASE("what is UTF-8 is told from what is not") {
  for (const char* text : {"", "plain", "\xc3\xa9",
                           "a\xe2\x82\xac"
                           "b",
                           "\xf0\x9f\x98\x80"}) {
    CHECK(catena::is_utf8(text));
  }
  for (const char* text : {"\xe9", "caf\xe9", "\xc3", "\xe2\x82", "\xc0\xaf", "\xed\xa0\x80"}) {
    CHECK_FALSE(catena::is_utf8(text));
  }
}
