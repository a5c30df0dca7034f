// RFC 9110 sections 8.8, 13 and 14: validators, preconditions, ranges.

#include <string>
#include <vector>

#include "conformance/site.hpp"
#include "support/catch.hpp"

using namespace catena::testing;

namespace {

constexpr const char* old_date = "Sat, 01 Jan 2000 00:00:00 GMT";
constexpr const char* new_date = "Fri, 31 Dec 2100 23:59:59 GMT";

/// A site with the validators of its page.
struct Validated : Site {
  Validated() {
    const HttpResponse whole = get("/page.html");
    etag = whole.header("ETag");
    modified = whole.header("Last-Modified");
  }
  int status(const TestChain::Fields& fields, std::string_view method = "GET") {
    return request(method, "/page.html", fields).status;
  }
  std::string etag;
  std::string modified;
};

}  // namespace

TEST_CASE("RFC 9110 8.8: files have both validators", "[conformance]") {
  Validated site;
  CHECK(site.etag.front() == '"');
  CHECK(site.etag.back() == '"');
  CHECK_FALSE(site.modified.empty());
  // Fresh ones have a weak tag, because the next change could have the same time: where only whole
  // seconds are kept, for two of them.
  std::filesystem::last_write_time(
      site.files().write("fresh.html", "fresh"),
      std::chrono::ceil<std::chrono::seconds>(std::filesystem::file_time_type::clock::now()));
  CHECK(site.get("/fresh.html").header("ETag").substr(0, 3) == "W/\"");
}

TEST_CASE("RFC 9110 13.1.1: If-Match", "[conformance]") {
  Validated site;
  const std::string weak = "W/" + site.etag;
  CHECK(site.status({{"If-Match", site.etag}}) == 200);
  CHECK(site.status({{"If-Match", "*"}}) == 200);
  CHECK(site.status({{"If-Match", "\"x\", " + site.etag}}) == 200);
  CHECK(site.status({{"If-Match", "\"x\""}, {"If-Match", site.etag}}) == 200);
  CHECK(site.status({{"If-Match", "\"x\""}}) == 412);
  CHECK(site.status({{"If-Match", weak}}) == 412);
  CHECK(site.status({{"If-Match", "\"x\""}}, "HEAD") == 412);
  CHECK(site.request("GET", "/nothing", {{"If-Match", "*"}}).status == 404);
}

TEST_CASE("RFC 9110 13.1.2: If-None-Match", "[conformance]") {
  Validated site;
  CHECK(site.status({{"If-None-Match", site.etag}}) == 304);
  CHECK(site.status({{"If-None-Match", "W/" + site.etag}}) == 304);
  CHECK(site.status({{"If-None-Match", "*"}}) == 304);
  CHECK(site.status({{"If-None-Match", "\"x\" ,W/\"y\"," + site.etag}}) == 304);
  CHECK(site.status({{"If-None-Match", "\"x\""}, {"If-None-Match", site.etag}}) == 304);
  CHECK(site.status({{"If-None-Match", "\"x\""}}) == 200);
  CHECK(site.status({{"If-None-Match", site.etag.substr(1, site.etag.size() - 2)}}) == 200);
  CHECK(site.status({{"If-None-Match", "w/" + site.etag}}) == 200);
  CHECK(site.status({{"If-None-Match", site.etag}}, "HEAD") == 304);
}

TEST_CASE("RFC 9110 13.1.3: If-Modified-Since, in all three forms of a date", "[conformance]") {
  Validated site;
  CHECK(site.status({{"If-Modified-Since", site.modified}}) == 304);
  CHECK(site.status({{"If-Modified-Since", new_date}}) == 304);
  CHECK(site.status({{"If-Modified-Since", old_date}}) == 200);
  CHECK(site.status({{"If-Modified-Since", "Saturday, 01-Jan-00 00:00:00 GMT"}}) == 200);
  CHECK(site.status({{"If-Modified-Since", "Fri Dec 31 23:59:59 2100"}}) == 304);
  for (const std::string wrong : {"yesterday", "", "Sat, 32 Jan 2100 00:00:00 GMT",
                                  "Fri, 31 Dec 2100 23:59:59 CET", "4133980799"}) {
    CHECK(site.status({{"If-Modified-Since", wrong}}) == 200);
  }
  CHECK(site.status({{"If-Modified-Since", new_date}, {"If-Modified-Since", new_date}}) == 200);
}

TEST_CASE("RFC 9110 13.1.4: If-Unmodified-Since", "[conformance]") {
  Validated site;
  CHECK(site.status({{"If-Unmodified-Since", site.modified}}) == 200);
  CHECK(site.status({{"If-Unmodified-Since", new_date}}) == 200);
  CHECK(site.status({{"If-Unmodified-Since", old_date}}) == 412);
  CHECK(site.status({{"If-Unmodified-Since", "yesterday"}}) == 200);
}

TEST_CASE("RFC 9110 13.2.2: the order of preconditions", "[conformance]") {
  Validated site;
  // A condition on tags silences the one on dates that goes with it.
  CHECK(site.status({{"If-Match", site.etag}, {"If-Unmodified-Since", old_date}}) == 200);
  CHECK(site.status({{"If-None-Match", "\"x\""}, {"If-Modified-Since", new_date}}) == 200);
  CHECK(site.status({{"If-None-Match", site.etag}, {"If-Modified-Since", old_date}}) == 304);
  // What must match comes before what must not.
  CHECK(site.status({{"If-Match", "\"x\""}, {"If-None-Match", site.etag}}) == 412);
  CHECK(site.status({{"If-Match", site.etag}, {"If-None-Match", site.etag}}) == 304);
  CHECK(site.status({{"If-Unmodified-Since", old_date}, {"If-Modified-Since", new_date}}) == 412);
  // And both before a range.
  CHECK(site.status({{"If-None-Match", site.etag}, {"Range", "bytes=0-1"}}) == 304);
  CHECK(site.status({{"If-Match", "\"x\""}, {"Range", "bytes=0-1"}}) == 412);
}

TEST_CASE("RFC 9110 13.1.5: If-Range", "[conformance]") {
  Validated site;
  const auto ranged = [&](const std::string& condition) {
    return site.status({{"Range", "bytes=0-1"}, {"If-Range", condition}});
  };
  CHECK(ranged(site.etag) == 206);
  CHECK(ranged(site.modified) == 206);
  CHECK(ranged("W/" + site.etag) == 200);
  CHECK(ranged("\"x\"") == 200);
  CHECK(ranged(old_date) == 200);
  CHECK(ranged(new_date) == 200);
  CHECK(ranged("nonsense") == 200);
  CHECK(site.status({{"If-Range", site.etag}}) == 200);
}

TEST_CASE("RFC 9110 14.1.2, 14.2: ranges of bytes", "[conformance]") {
  struct RangeCase {
    std::string range;
    int status;
    std::string content_range;
    std::string body;
  };
  Validated site;
  for (const RangeCase& c : std::vector<RangeCase>{
           {"bytes=0-0", 206, "bytes 0-0/10", "0"},
           {"bytes=2-4", 206, "bytes 2-4/10", "234"},
           {"bytes=7-", 206, "bytes 7-9/10", "789"},
           {"bytes=-3", 206, "bytes 7-9/10", "789"},
           {"bytes=-99", 206, "bytes 0-9/10", "0123456789"},
           {"bytes=8-99", 206, "bytes 8-9/10", "89"},
           {"BYTES=2-4", 206, "bytes 2-4/10", "234"},
           {"bytes= 2-4", 206, "bytes 2-4/10", "234"},
           {"bytes=10-", 416, "bytes */10", ""},
           {"bytes=10-20", 416, "bytes */10", ""},
           {"bytes=-0", 416, "bytes */10", ""},
           {"bytes=4-2", 200, "", "0123456789"},
           {"bytes=a-b", 200, "", "0123456789"},
           {"bytes=", 200, "", "0123456789"},
           {"bytes", 200, "", "0123456789"},
           {"bytes=-", 200, "", "0123456789"},
           {"lines=1-2", 200, "", "0123456789"},
           {"bytes=0-1,0-1", 200, "", "0123456789"},
           {"bytes=99999999999999999999-", 416, "bytes */10", ""},
       }) {
    CAPTURE(c.range);
    const HttpResponse response = site.get("/page.html", {{"Range", c.range}});
    CHECK(response.status == c.status);
    CHECK(response.header("Content-Range") == c.content_range);
    if (c.status != 416) CHECK(response.body == c.body);
  }
  CHECK(site.get("/page.html").header("Accept-Ranges") == "bytes");
  CHECK(site.status({{"Range", "bytes=0-1"}}, "HEAD") == 200);
  CHECK(site.status({{"Range", "bytes=0-1"}, {"Range", "bytes=2-3"}}) == 200);
}

TEST_CASE("RFC 9110 14.6: several ranges are multipart/byteranges", "[conformance]") {
  Validated site;
  const HttpResponse response = site.get("/page.html", {{"Range", "bytes=0-1, 4-5 ,-1"}});
  CHECK(response.status == 206);
  CHECK_FALSE(response.has("Content-Range"));
  const std::string type = response.header("Content-Type");
  constexpr std::string_view prefix = "multipart/byteranges; boundary=";
  REQUIRE(type.substr(0, prefix.size()) == prefix);
  const std::string boundary = "--" + type.substr(prefix.size());
  const auto part = [&](const std::string& range, const std::string& bytes) {
    return boundary + "\r\nContent-Type: text/html; charset=utf-8\r\nContent-Range: bytes " +
           range + "/10\r\n\r\n" + bytes + "\r\n";
  };
  CHECK(response.body ==
        part("0-1", "01") + part("4-5", "45") + part("9-9", "9") + boundary + "--\r\n");
  // Of those, the ones that can't be satisfied are left out; with one left it is a single part.
  const HttpResponse one = site.get("/page.html", {{"Range", "bytes=2-3,50-60"}});
  CHECK(one.status == 206);
  CHECK(one.header("Content-Range") == "bytes 2-3/10");
}

TEST_CASE("RFC 9110 14.2, 17.15: ranges that would cost more than the file are not served",
          "[conformance]") {
  Validated site;
  site.files().write("large", std::string(1000, 'x'));
  std::string many = "bytes=0-0";
  for (int number = 1; number < 17; ++number) {
    many += "," + std::to_string(number * 10) + "-" + std::to_string(number * 10);
  }
  CHECK(site.get("/large", {{"Range", many}}).status == 200);
  CHECK(site.get("/large", {{"Range", "bytes=0-500,400-900"}}).status == 200);
  CHECK(site.get("/large", {{"Range", "bytes=0-,0-,0-"}}).status == 200);
}
