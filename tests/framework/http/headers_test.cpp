#include <catena/http/headers.hpp>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace {

using namespace std::string_view_literals;
using catena::Field;
using catena::Headers;
using catena::RequestHeaders;

template <typename Fields>
std::string lines_of(const Fields& headers) {
  std::string text;
  for (const Field field : headers) {
    text.append(field.name).append("=").append(field.value).append("|");
  }
  return text;
}

}  // namespace

TEST_CASE("request fields are found without case, first line first", "[http][headers]") {
  RequestHeaders headers;
  CHECK_FALSE(headers.find("Host"));
  CHECK(headers.size() == 0);
  headers.append({"Host", "a"});
  headers.append({"Cookie", "1"});
  headers.append({"COOKIE", "2"});
  headers.append({"X-Empty", ""});

  CHECK(headers.find("hOST") == "a"sv);
  CHECK(headers.find("cookie") == "1"sv);
  CHECK(headers.count("Cookie") == 2);
  CHECK(headers.count("Host") == 1);
  CHECK(headers.count("Hos") == 0);
  CHECK(headers.count("Host ") == 0);
  CHECK(headers.has("x-empty"));
  CHECK(headers.find("x-empty") == ""sv);
  CHECK_FALSE(headers.has("X-Empt"));
  CHECK(lines_of(headers) == "Host=a|Cookie=1|COOKIE=2|X-Empty=|");

  headers.clear();
  CHECK(headers.size() == 0);
  CHECK_FALSE(headers.has("Host"));
}

TEST_CASE("request fields are views of what was appended", "[http][headers]") {
  const std::string input = "Host: a";
  RequestHeaders headers;
  headers.append({std::string_view(input).substr(0, 4), std::string_view(input).substr(6)});
  for (int line = 0; line < 100; ++line) headers.append({"X", "y"});
  CHECK(headers.find("Host")->data() == input.data() + 6);
  CHECK(headers.begin()->name.data() == input.data());
}

TEST_CASE("response fields keep their order and their spelling", "[http][headers]") {
  Headers headers;
  headers.add("Vary", "Accept");
  headers.add("ETag", "\"1\"");
  headers.add("VARY", "Origin");
  headers.add("X-Empty", "");
  CHECK(lines_of(headers) == "Vary=Accept|ETag=\"1\"|VARY=Origin|X-Empty=|");
  CHECK(headers.size() == 4);
  CHECK(headers.find("vary") == "Accept"sv);
  CHECK(headers.find("x-empty") == ""sv);
  CHECK_FALSE(headers.find("Var"));
  CHECK(headers[2].name == "VARY");
  CHECK(headers[2].value == "Origin");
}

TEST_CASE("the text is the lines as they are sent, whatever was removed", "[http][headers]") {
  Headers headers;
  CHECK(headers.text().empty());
  headers.add("A", "1");
  headers.add("Long-Name", "with a value");
  headers.add("a", "2");
  headers.add("X-Empty", "");
  CHECK(headers.text() == "A: 1\r\nLong-Name: with a value\r\na: 2\r\nX-Empty: \r\n");
  headers.set("A", "three");
  CHECK(headers.text() == "Long-Name: with a value\r\nX-Empty: \r\nA: three\r\n");
  CHECK(lines_of(headers) == "Long-Name=with a value|X-Empty=|A=three|");
  headers.remove("x-empty");
  headers.remove("nothing");
  CHECK(headers.text() == "Long-Name: with a value\r\nA: three\r\n");
  headers.remove("Long-Name");
  headers.add("B", "4");
  CHECK(headers.text() == "A: three\r\nB: 4\r\n");
  CHECK(lines_of(headers) == "A=three|B=4|");
  headers.clear();
  CHECK(headers.text().empty());
}

TEST_CASE("the first lines of another list are added without the others", "[http][headers]") {
  Headers ready;
  ready.add("ETag", "\"1\"");
  ready.add("Vary", "Accept");
  ready.add("Content-Type", "text/plain");
  Headers headers;
  headers.add("Server", "catena");
  headers.add(ready, 2);
  CHECK(headers.text() == "Server: catena\r\nETag: \"1\"\r\nVary: Accept\r\n");
  CHECK(headers.size() == 3);
  CHECK_FALSE(headers.has("Content-Type"));
  headers.set("Content-Type", "text/html");
  CHECK(headers.find("Content-Type") == "text/html");
  headers.add(headers, 1);
  CHECK(headers[4].value == "catena");
  headers.add(ready, 0);
  CHECK(headers.size() == 5);
}

TEST_CASE("lines of another list are added as they are", "[http][headers]") {
  Headers ready;
  ready.add("ETag", "\"1\"");
  ready.add("Vary", "Accept");
  Headers headers;
  headers.add("vary", "Origin");
  headers.add(ready);
  CHECK(lines_of(headers) == "vary=Origin|ETag=\"1\"|Vary=Accept|");
  CHECK(headers.text() == "vary: Origin\r\nETag: \"1\"\r\nVary: Accept\r\n");
  headers.set("Vary", "*");
  CHECK(lines_of(headers) == "ETag=\"1\"|Vary=*|");
  headers.add(headers);
  CHECK(lines_of(headers) == "ETag=\"1\"|Vary=*|ETag=\"1\"|Vary=*|");
  headers.add(Headers{});
  CHECK(headers.size() == 4);
  CHECK(lines_of(ready) == "ETag=\"1\"|Vary=Accept|");
}

TEST_CASE("set leaves exactly one line", "[http][headers]") {
  Headers headers;
  headers.set("A", "1");
  CHECK(lines_of(headers) == "A=1|");
  headers.add("a", "2");
  headers.add("B", "3");
  headers.set("A", "4");
  CHECK(headers.size() == 2);
  CHECK(headers.find("a") == "4"sv);
  CHECK(headers.find("b") == "3"sv);
}

TEST_CASE("remove takes every line of the name", "[http][headers]") {
  Headers headers;
  for (const auto name : {"Content-Type"sv, "ETag"sv, "content-language"sv, "Content"sv, "etag"sv,
                          "X-Content-Type"sv, "CONTENT-"sv}) {
    headers.add(name, "v");
  }
  headers.remove("ETAG");
  CHECK(headers.size() == 5);
  CHECK_FALSE(headers.has("ETag"));
  headers.remove("Absent");
  CHECK(headers.size() == 5);
  CHECK(lines_of(headers) ==
        "Content-Type=v|content-language=v|Content=v|X-Content-Type=v|CONTENT-=v|");
  headers.clear();
  CHECK(lines_of(headers).empty());
  headers.add("A", "1");
  CHECK(lines_of(headers) == "A=1|");
}

TEST_CASE("what is no field name is refused where it is set", "[http][headers]") {
  Headers headers;
  headers.add("Keep", "me");
  for (const auto name : {""sv, " "sv, "A B"sv, "A:"sv, " A"sv, "A "sv, "A\r\nB"sv, "A\n"sv,
                          "A\r"sv, "A\0"sv, "\0"sv, "\xc3\xa4"sv, "A\t"sv, "(A)"sv}) {
    CAPTURE(std::string(name));
    CHECK_THROWS_AS(headers.add(name, "v"), std::invalid_argument);
    CHECK_THROWS_AS(headers.set(name, "v"), std::invalid_argument);
  }
  CHECK(lines_of(headers) == "Keep=me|");
}

TEST_CASE("what is no field value is refused, and what was there stays", "[http][headers]") {
  Headers headers;
  headers.add("A", "old");
  headers.add("A", "older");
  for (const auto value : {"a\r\nSet-Cookie: b"sv, "a\rb"sv, "a\nb"sv, "a\0b"sv, "\0"sv, "\r\n"sv,
                           "a\r\n"sv, " a"sv, "a "sv, "\ta"sv, "a\x7f"sv, "a\x1b[0m"sv}) {
    CAPTURE(std::string(value));
    CHECK_THROWS_AS(headers.add("A", value), std::invalid_argument);
    CHECK_THROWS_AS(headers.set("A", value), std::invalid_argument);
  }
  CHECK(lines_of(headers) == "A=old|A=older|");
}

TEST_CASE("every value byte that may stand is kept as it is", "[http][headers]") {
  std::string value = "x";
  for (int byte = 0x20; byte < 256; ++byte) {
    if (byte != 0x7f) value.push_back(static_cast<char>(byte));
  }
  value += "\tx";
  Headers headers;
  headers.add("A", value);
  CHECK(headers.find("A") == value);
}

TEST_CASE("names and values are copied in", "[http][headers]") {
  Headers headers;
  {
    std::string name = "A-long-enough-name-to-live-on-the-heap";
    std::string value(100, 'v');
    headers.add(name, value);
    name.assign(name.size(), '-');
    value.assign(value.size(), '-');
  }
  CHECK(headers[0].name == "A-long-enough-name-to-live-on-the-heap");
  CHECK(headers[0].value == std::string(100, 'v'));
}

// Whatever the memory at hand: each round the list has another amount of room left.
TEST_CASE("names and values may come from the list itself", "[http][headers]") {
  for (std::size_t room = 0; room < 200; ++room) {
    CAPTURE(room);
    const std::string filler(room, 'f');
    {
      Headers headers;
      headers.add("Filler", filler);
      headers.add("Y", "value");
      headers.add("X", *headers.find("Y"));
      CHECK(headers.find("X") == "value"sv);
      CHECK(headers.find("Y") == "value"sv);
    }
    {
      Headers headers;
      headers.add("Filler", filler);
      headers.add("Y", "value");
      headers.set("Y", *headers.find("Y"));
      CHECK(headers.size() == 2);
      CHECK(headers.find("Y") == "value"sv);
    }
    {
      Headers headers;
      headers.add("Filler", filler);
      headers.add("Some-Name", "one");
      headers.add("some-name", "two");
      headers.set(headers[1].name, "three");
      CHECK(lines_of(headers) == "Filler=" + filler + "|Some-Name=three|");
    }
    {
      Headers headers;
      headers.add("Filler", filler);
      headers.add("Part", "a whole value");
      headers.set("Part", headers.find("Part")->substr(2, 5));
      CHECK(headers.find("Part") == "whole"sv);
      headers.remove(headers[1].name);
      CHECK(headers.size() == 1);
    }
  }
}

TEST_CASE("a copy and a moved list have their own fields", "[http][headers]") {
  Headers headers;
  headers.add("A", "1");
  Headers copy = headers;
  headers.set("A", "2");
  CHECK(lines_of(copy) == "A=1|");
  const Headers moved = std::move(headers);
  CHECK(lines_of(moved) == "A=2|");
}
