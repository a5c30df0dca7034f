#include <catena/http/accept.hpp>
#include <initializer_list>
#include <string>
#include <string_view>

#include "support/catch.hpp"

namespace {

using catena::quality;

struct Case {
  std::string_view accept;
  std::string_view media_type;
  int quality;
};

void check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    CAPTURE(std::string(c.accept), std::string(c.media_type));
    CHECK(quality(c.accept, c.media_type) == c.quality);
  }
}

}  // namespace

TEST_CASE("a media type is liked as much as the most specific range says", "[http][accept]") {
  constexpr std::string_view kRfc = "text/*;q=0.3, text/plain;q=0.7, */*;q=0.5";
  check({
      {kRfc, "text/plain", 700},
      {kRfc, "text/html", 300},
      {kRfc, "image/jpeg", 500},
      {"*/*, text/html;q=0.1", "text/html", 100},
      {"text/*;q=0, text/html", "text/html", 1000},
      {"text/*;q=0, text/html", "text/plain", 0},
      {"text/*, text/html;q=0", "text/html", 0},
      {"*/*;q=0, text/*;q=0.2", "text/html", 200},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json", 800},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html", 1000},
  });
}

TEST_CASE("no range that matches is 0", "[http][accept]") {
  check({
      {"", "text/html", 0},
      {" ", "text/html", 0},
      {",", "text/html", 0},
      {"text/plain", "text/html", 0},
      {"text/plain, image/*", "text/html", 0},
      {"text", "text/html", 0},
      {"text/", "text/html", 0},
      {"/html", "text/html", 0},
      {"tex/*", "text/html", 0},
      {"texts/*", "text/html", 0},
      {"text/htm", "text/html", 0},
      {"text/htmlx", "text/html", 0},
      {"*/html", "text/html", 0},
      {"text/html+xml", "text/html", 0},
      {";q=1", "text/html", 0},
      {";", "text/html", 0},
  });
}

TEST_CASE("types and the name q have no case", "[http][accept]") {
  check({
      {"TEXT/HTML", "text/html", 1000},
      {"Text/*", "text/html", 1000},
      {"text/html;Q=0.4", "TEXT/html", 400},
  });
}

TEST_CASE("weights are RFC 9110 section 12.4.2's", "[http][accept]") {
  check({
      {"a/b", "a/b", 1000},
      {"a/b;q=1", "a/b", 1000},
      {"a/b;q=1.", "a/b", 1000},
      {"a/b;q=1.0", "a/b", 1000},
      {"a/b;q=1.000", "a/b", 1000},
      {"a/b;q=0", "a/b", 0},
      {"a/b;q=0.", "a/b", 0},
      {"a/b;q=0.000", "a/b", 0},
      {"a/b;q=0.001", "a/b", 1},
      {"a/b;q=0.5", "a/b", 500},
      {"a/b;q=0.50", "a/b", 500},
      {"a/b;q=0.999", "a/b", 999},
      {"a/b \t;\t q=0.25", "a/b", 250},
      {"a/b;q=0.25 , c/d", "a/b", 250},
      {"a/b;;q=0.25", "a/b", 250},
  });
}

TEST_CASE("a range whose weight is malformed is not wanted", "[http][accept]") {
  for (const auto weight :
       {"q=", "q=2", "q=1.1", "q=1.001", "q=0.1234", "q=-1", "q=-0", "q=+1", "q=.5", "q=01",
        "q=0,5", "q=0.5x", "q=x", "q=1e0", "q=\"1\"", "q=10", "q=0 .5", "q= 1", "q=0.0001"}) {
    CAPTURE(weight);
    CHECK(quality(std::string("a/b;") + weight, "a/b") == 0);
    CHECK(quality(std::string("a/b;") + weight + ", */*", "a/b") == 0);
  }
}

TEST_CASE("a range with parameters matches no plain type", "[http][accept]") {
  check({
      {"text/html;level=1", "text/html", 0},
      {"text/html;level=1, text/html;q=0.4", "text/html", 400},
      {"text/html;level=1;q=0.9, */*;q=0.1", "text/html", 100},
      {"text/*;charset=utf-8", "text/html", 0},
      {"text/html;x=\"a,b;q=0.1\", text/html;q=0.3", "text/html", 300},
      {"text/html;q=0.3;ext=1", "text/html", 300},  // what stands behind q is no parameter
  });
}

TEST_CASE("the order of ranges does not matter", "[http][accept]") {
  const std::string_view ranges[] = {"*/*;q=0.1", "text/*;q=0.2", "text/html;q=0.3"};
  for (const auto a : ranges) {
    for (const auto b : ranges) {
      for (const auto c : ranges) {
        if (a == b || b == c || a == c) continue;
        std::string accept;
        accept.append(a).append(", ").append(b).append(", ").append(c);
        CAPTURE(accept);
        CHECK(quality(accept, "text/html") == 300);
        CHECK(quality(accept, "text/plain") == 200);
        CHECK(quality(accept, "image/png") == 100);
      }
    }
  }
}

TEST_CASE("a content coding is asked for as RFC 9110 section 12.5.3 says", "[http][accept]") {
  struct CodingCase {
    std::initializer_list<std::string_view> lines;
    std::string_view coding;
    int quality;
  };
  const CodingCase cases[] = {
      {{"gzip, br;q=0.5"}, "gzip", 1000},
      {{"gzip, br;q=0.5"}, "br", 500},
      {{"gzip, br;q=0.5"}, "zstd", 0},
      {{"gzip, br;q=0.5"}, "identity", 1},
      {{"GZIP"}, "gzip", 1000},
      {{"x-gzip;q=0.3"}, "gzip", 300},
      {{"*;q=0.4, br"}, "gzip", 400},
      {{"*;q=0.4, br"}, "br", 1000},
      {{"*;q=0.4, br"}, "identity", 400},
      {{"*;q=0"}, "identity", 0},
      {{"*;q=0, identity;q=0.2"}, "identity", 200},
      {{"identity;q=0"}, "identity", 0},
      {{"gzip;q=0.5, gzip"}, "gzip", 500},
      {{"gzip;q=0.5", "br"}, "br", 1000},
      {{"gzip;q=2"}, "gzip", 0},
      {{""}, "gzip", 0},
      {{""}, "identity", 1},
      {{}, "gzip", 0},
      {{}, "identity", 1},
  };
  for (const CodingCase& c : cases) {
    catena::RequestHeaders headers;
    headers.append({"Accept", "gzip"});
    for (const std::string_view line : c.lines) headers.append({"accept-encoding", line});
    CAPTURE(c.lines.size(), std::string(c.coding));
    CHECK(catena::coding_quality(headers, c.coding) == c.quality);
  }
}
