// How ranges of a real file are answered, through the whole chain of static_file.

#include <string>

#include "catena/testing/test_chain.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using catena::testing::HttpResponse;
using catena::testing::TempDir;
using catena::testing::TestChain;

namespace catena::plugins {
Plugin static_file();
Plugin error_pages();
}  // namespace catena::plugins

namespace {

struct Site {
  TempDir directory;
  TestChain chain;

  Site() {
    directory.write("digits.txt", "0123456789");
    directory.write("empty.txt", "");
    chain.add(catena::plugins::static_file()).root(directory.path());
  }
  HttpResponse get(const std::string& range) {
    return chain.get("/digits.txt", {{"Range", range}});
  }
};

}  // namespace

TEST_CASE("15.3.7.1: one range is a 206 with its Content-Range", "[http][range]") {
  Site site;
  const HttpResponse response = site.get("bytes=2-4");
  CHECK(response.status == 206);
  CHECK(response.body == "234");
  CHECK(response.header("Content-Range") == "bytes 2-4/10");
  CHECK(response.header("Content-Length") == "3");
  CHECK(response.header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(response.has("ETag"));
  CHECK(response.has("Last-Modified"));
  CHECK(site.get("bytes=-3").body == "789");
  CHECK(site.get("bytes=7-").body == "789");
}

TEST_CASE("15.3.7.2: several ranges come as multipart/byteranges", "[http][range]") {
  Site site;
  const HttpResponse response = site.get("bytes=0-1,-2,4-4");
  CHECK(response.status == 206);
  CHECK(response.complete);
  CHECK_FALSE(response.has("Content-Range"));
  const std::string type = response.header("Content-Type");
  const std::string prefix = "multipart/byteranges; boundary=";
  REQUIRE(type.substr(0, prefix.size()) == prefix);
  const std::string line = "--" + type.substr(prefix.size());
  const auto part = [](const std::string& range, const std::string& content) {
    std::string text = "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes ";
    return text.append(range).append("/10\r\n\r\n").append(content).append("\r\n");
  };
  std::string expected = line;
  expected.append(part("0-1", "01")).append(line).append(part("8-9", "89")).append(line);
  expected.append(part("4-4", "4")).append(line).append("--\r\n");
  CHECK(response.body == expected);
}

TEST_CASE("15.5.17: a range beyond the end is a 416 that tells the length", "[http][range]") {
  Site site;
  const HttpResponse response = site.get("bytes=10-");
  CHECK(response.status == 416);
  CHECK(response.header("Content-Range") == "bytes */10");
  CHECK_FALSE(response.has("ETag"));
  CHECK(response.body.empty());
  CHECK(site.chain.get("/empty.txt", {{"Range", "bytes=0-"}}).header("Content-Range") ==
        "bytes */0");
}

TEST_CASE("an error page leaves a 416 its Content-Range", "[http][range]") {
  const TempDir directory;
  directory.write("digits.txt", "0123456789");
  TestChain chain;
  chain.add(catena::plugins::error_pages()).add(catena::plugins::static_file());
  chain.root(directory.path());
  const HttpResponse response = chain.get("/digits.txt", {{"Range", "bytes=10-"}});
  CHECK(response.status == 416);
  CHECK(response.header("Content-Range") == "bytes */10");
  CHECK_FALSE(response.body.empty());
}

TEST_CASE("14.2: Range is for GET only, and comes after the preconditions", "[http][range]") {
  Site site;
  const HttpResponse head = site.chain.request("HEAD", "/digits.txt", {{"Range", "bytes=0-1"}});
  CHECK(head.status == 200);
  CHECK(head.header("Content-Length") == "10");
  CHECK_FALSE(head.has("Content-Range"));
  const HttpResponse not_modified =
      site.chain.get("/digits.txt", {{"Range", "bytes=0-1"}, {"If-None-Match", "*"}});
  CHECK(not_modified.status == 304);
  const HttpResponse whole =
      site.chain.get("/digits.txt", {{"Range", "bytes=0-1"}, {"If-Range", "\"other\""}});
  CHECK(whole.status == 200);
  CHECK(whole.body == "0123456789");
  CHECK(site.get("bytes=nonsense").status == 200);
}
