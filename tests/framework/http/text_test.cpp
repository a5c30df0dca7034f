#include <catena/http/text.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

namespace {

using namespace std::string_view_literals;
using namespace catena;

std::vector<std::string> elements_of(std::string_view list, char separator = ',') {
  std::vector<std::string> elements;
  for (ListReader reader(list, separator); reader.next();) elements.emplace_back(reader.element());
  return elements;
}

using Elements = std::vector<std::string>;

}  // namespace

TEST_CASE("tchar is what RFC 9110 section 5.6.2 lists", "[http][text]") {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool expected = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                          (byte >= 'a' && byte <= 'z') || kMarks.find(c) != kMarks.npos;
    CAPTURE(byte);
    CHECK(is_token_char(c) == expected);
    CHECK(is_token(std::string_view(&c, 1)) == expected);
  }
}

TEST_CASE("a token is one or more tchar", "[http][text]") {
  for (const auto text : {"GET"sv, "x"sv, "Content-Type"sv, "!#$%&'*+-.^_`|~09azAZ"sv}) {
    CHECK(is_token(text));
  }
  for (const auto text : {""sv, " "sv, "a b"sv, " a"sv, "a "sv, "a\t"sv, "a:"sv, "a,b"sv, "a\0"sv,
                          "\0"sv, "a\r\n"sv, "\"a\""sv, "a/b"sv, "\xc3\xa4"sv, "a\x7f"sv}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(is_token(text));
  }
}

TEST_CASE("a field value is RFC 9110 section 5.5's", "[http][text]") {
  for (const auto text : {""sv, "x"sv, "a b"sv, "a\tb"sv, "a  \t b"sv, "\"quoted\""sv, ",;="sv,
                          "\x80\xff"sv, "\xc3\xa4"sv, "~"sv, "!"sv}) {
    CAPTURE(std::string(text));
    CHECK(is_field_value(text));
  }
  for (const auto text : {" "sv, "\t"sv, " a"sv, "a "sv, "\ta"sv, "a\t"sv}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(is_field_value(text));
  }
  for (int byte = 0; byte < 256; ++byte) {
    const bool expected = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    CAPTURE(byte);
    CHECK(is_field_value(std::string("a") + static_cast<char>(byte) + "b") == expected);
  }
}

TEST_CASE("case is ignored in ASCII letters and nowhere else", "[http][text]") {
  CHECK(equals_ignoring_case("", ""));
  CHECK(equals_ignoring_case("Content-LENGTH", "cONTENT-length"));
  CHECK_FALSE(equals_ignoring_case("abc", "ab"));
  CHECK_FALSE(equals_ignoring_case("abc", "abd"));
  CHECK_FALSE(equals_ignoring_case("@", "`"));  // 0x20 apart, like letters
  CHECK_FALSE(equals_ignoring_case("[", "{"));
  CHECK_FALSE(equals_ignoring_case("\xc4", "\xe4"));  // letters of Latin-1
  CHECK_FALSE(equals_ignoring_case("\0"sv, " "sv));
  CHECK(equals_ignoring_case("a\0B"sv, "A\0b"sv));
  CHECK_FALSE(equals_ignoring_case("a\0b"sv, "a\0c"sv));

  for (int byte = 0; byte < 256; ++byte) {
    const bool upper = byte >= 'A' && byte <= 'Z';
    CAPTURE(byte);
    CHECK(to_lower(static_cast<char>(byte)) == static_cast<char>(upper ? byte + 32 : byte));
  }
}

TEST_CASE("digits", "[http][text]") {
  constexpr std::string_view kLower = "0123456789abcdef";
  constexpr std::string_view kUpper = "0123456789ABCDEF";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    int expected = -1;
    if (kLower.find(c) != kLower.npos) expected = static_cast<int>(kLower.find(c));
    if (kUpper.find(c) != kUpper.npos) expected = static_cast<int>(kUpper.find(c));
    CAPTURE(byte);
    CHECK(hex_value(c) == expected);
    CHECK(is_digit(c) == (expected >= 0 && expected < 10));
  }
}

TEST_CASE("white space at the ends is spaces and tabs", "[http][text]") {
  CHECK(trimmed("") == "");
  CHECK(trimmed(" \t ") == "");
  CHECK(trimmed("a") == "a");
  CHECK(trimmed("\t a b\t ") == "a b");
  CHECK(trimmed("\r\na\v") == "\r\na\v");
  CHECK(trimmed("\0 "sv) == "\0"sv);
}

TEST_CASE("lists are read as RFC 9110 section 5.6.1 has recipients read them", "[http][text]") {
  CHECK(elements_of("") == Elements{});
  CHECK(elements_of("  \t") == Elements{});
  CHECK(elements_of(",") == Elements{});
  CHECK(elements_of(" , ,\t,") == Elements{});
  CHECK(elements_of("a") == Elements{"a"});
  CHECK(elements_of("a,b") == Elements{"a", "b"});
  CHECK(elements_of(" a\t,\tb c ") == Elements{"a", "b c"});
  CHECK(elements_of(",a,, b,") == Elements{"a", "b"});
  CHECK(elements_of("foo , ,bar,charlie") == Elements{"foo", "bar", "charlie"});
}

TEST_CASE("separators inside quoted strings do not separate", "[http][text]") {
  CHECK(elements_of("\"a,b\", c") == Elements{"\"a,b\"", "c"});
  CHECK(elements_of("x=\"1,2\";y, z") == Elements{"x=\"1,2\";y", "z"});
  CHECK(elements_of("\"a\\\",b\",c") == Elements{"\"a\\\",b\"", "c"});
  CHECK(elements_of("\"a\\\\\",b") == Elements{"\"a\\\\\"", "b"});
  CHECK(elements_of("a\\,b") == Elements{"a\\", "b"});  // no escape outside quotes
  CHECK(elements_of("\"\",b") == Elements{"\"\"", "b"});
}

TEST_CASE("an unterminated quoted string takes the rest", "[http][text]") {
  CHECK(elements_of("a,\"b,c") == Elements{"a", "\"b,c"});
  CHECK(elements_of("\"") == Elements{"\""});
  CHECK(elements_of("\"\\") == Elements{"\"\\"});
  CHECK(elements_of("a,\"\\\"") == Elements{"a", "\"\\\""});
}

TEST_CASE("lists of another separator", "[http][text]") {
  CHECK(elements_of("text/html; q=0.5 ;x=\"a;b\"", ';') ==
        Elements{"text/html", "q=0.5", "x=\"a;b\""});
  CHECK(elements_of("a,b;c", ';') == Elements{"a,b", "c"});
}
