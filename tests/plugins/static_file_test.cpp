#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "catena/fs/document_root.hpp"
#include "catena/fs/open_file_cache.hpp"
#include "catena/http/date.hpp"
#include "catena/testing/test_chain.hpp"
#include "support/catch.hpp"
#include "support/options.hpp"
#include "support/temp_dir.hpp"

namespace catena::plugins {
Plugin static_file();
}

namespace {

using catena::DocumentRoot;
using catena::Exchange;
using catena::Next;
using catena::OpenFileCache;
using catena::parse_http_date;
using catena::Status;
using catena::UniqueFd;
using catena::plugins::static_file;
using catena::testing::complaints;
using catena::testing::HttpResponse;
using catena::testing::TempDir;
using catena::testing::TestChain;

constexpr std::time_t new_year_2020 = 1'577'836'800;

void set_modified(const std::filesystem::path& file, std::time_t seconds, long nanoseconds = 0) {
  const timespec times[2] = {{seconds, nanoseconds}, {seconds, nanoseconds}};
  if (::utimensat(AT_FDCWD, file.c_str(), times, 0) != 0) throw std::runtime_error("utimensat");
}

/// A site with one page, "/page.html", of known age.
class Site {
 public:
  Site() {
    set_modified(files_.write("page.html", "a page"), new_year_2020, 500'000'000);
    chain_.root(files_.path()).add(static_file());
  }
  TempDir& files() { return files_; }
  TestChain& chain() { return chain_; }

 private:
  TempDir files_;
  TestChain chain_;
};

TEST_CASE("static_file serves a file with all that describes it", "[plugins]") {
  Site site;
  const HttpResponse response = site.chain().get("/page.html");
  CHECK(response.status == 200);
  CHECK(response.reason == "OK");
  CHECK(response.body == "a page");
  CHECK(response.complete);
  CHECK(response.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(response.header("Content-Length") == "6");
  CHECK(response.header("Last-Modified") == "Wed, 01 Jan 2020 00:00:00 GMT");
  // The modification time in nanoseconds and the size.
  CHECK(response.header("ETag") == "\"15e59a35d7576500-6\"");
  CHECK(response.header("Accept-Ranges") == "bytes");
  CHECK(parse_http_date(response.header("Date")));
}

TEST_CASE("static_file answers HEAD as GET, without the body", "[plugins]") {
  Site site;
  HttpResponse get = site.chain().get("/page.html");
  HttpResponse head = site.chain().request("HEAD", "/page.html");
  CHECK(head.status == 200);
  CHECK(head.body.empty());
  const auto without_date = [](HttpResponse& response) {
    auto& fields = response.headers;
    fields.erase(std::remove_if(fields.begin(), fields.end(),
                                [](const auto& field) { return field.first == "Date"; }),
                 fields.end());
    return fields;
  };
  CHECK(without_date(head) == without_date(get));
  CHECK(site.chain().raw({"HEAD /page.html HTTP/1.1\r\nHost: test\r\n\r\n"}).find("a page") ==
        std::string::npos);
}

TEST_CASE("static_file serves empty files, and files of any bytes", "[plugins]") {
  Site site;
  site.files().write("empty.txt", "");
  std::string bytes;
  for (int value = 0; value < 256; ++value) bytes.push_back(static_cast<char>(value));
  site.files().write("bytes", bytes);
  const HttpResponse empty = site.chain().get("/empty.txt");
  CHECK(empty.status == 200);
  CHECK(empty.header("Content-Length") == "0");
  CHECK(empty.body.empty());
  CHECK(empty.complete);
  CHECK(site.chain().get("/bytes").body == bytes);
}

TEST_CASE("static_file finds files whose names need encoding", "[plugins]") {
  Site site;
  site.files().write("a b/100% \xc3\xbc?.txt", "found");
  CHECK(site.chain().get("/a%20b/100%25%20%C3%BC%3F.txt").body == "found");
  CHECK(site.chain().get("/a%20b/100%25%20%C3%BC?.txt").status == 404);
}

TEST_CASE("static_file takes the media type from the name's extension", "[plugins]") {
  Site site;
  const std::vector<std::pair<std::string, std::string>> cases{
      {"a.css", "text/css; charset=utf-8"},
      {"a.JS", "text/javascript; charset=utf-8"},
      {"a.tar.png", "image/png"},
      {"a.nothing-known", "application/octet-stream"},
      {"plain", "application/octet-stream"},
      {"end.", "application/octet-stream"},
      {".css", "application/octet-stream"},
      {"dir.css/plain", "application/octet-stream"},
  };
  for (const auto& [name, type] : cases) {
    INFO(name);
    site.files().write(name, "");
    CHECK(site.chain().get("/" + name).header("Content-Type") == type);
    CHECK(site.chain().request("HEAD", "/" + name).header("Content-Type") == type);
  }
}

TEST_CASE("static_file takes media types from its options first", "[plugins]") {
  TempDir files;
  for (const char* name : {"a.md", "a.MD", "a.b.md", ".md", "md", "a.html", "a.own", "own.md/x"}) {
    files.write(name, "");
  }
  TestChain chain;
  chain.root(files.path());
  chain.add(static_file(), R"({"types": {"md": "text/plain; charset=utf-8", "own": "x/own"}})");
  const auto type = [&chain](const std::string& target) {
    return chain.get(target).header("Content-Type");
  };
  CHECK(type("/a.md") == "text/plain; charset=utf-8");
  CHECK(type("/a.MD") == "text/plain; charset=utf-8");
  CHECK(type("/a.b.md") == "text/plain; charset=utf-8");
  CHECK(type("/a.own") == "x/own");
  CHECK(type("/a.html") == "text/html; charset=utf-8");
  CHECK(type("/.md") == "application/octet-stream");
  CHECK(type("/md") == "application/octet-stream");
  CHECK(type("/own.md/x") == "application/octet-stream");
}

TEST_CASE("static_file answers 304 to a client that has the file", "[plugins]") {
  Site site;
  const std::string tag = site.chain().get("/page.html").header("ETag");
  const std::vector<TestChain::Fields> has_it{
      {{"If-None-Match", tag}},
      {{"If-None-Match", "W/" + tag}},
      {{"If-None-Match", "\"other\", " + tag}},
      {{"If-None-Match", "\"other\""}, {"If-None-Match", tag}},
      {{"If-None-Match", "*"}},
      {{"If-None-Match", tag}, {"If-Modified-Since", "Tue, 31 Dec 2019 00:00:00 GMT"}},
      {{"If-Modified-Since", "Wed, 01 Jan 2020 00:00:00 GMT"}},
      {{"If-Modified-Since", "Thu, 02 Jan 2020 00:00:00 GMT"}},
      {{"If-Modified-Since", "Wed Jan  1 00:00:00 2020"}},
      {{"If-Modified-Since", "Wednesday, 01-Jan-20 00:00:00 GMT"}},
  };
  for (const auto& fields : has_it) {
    for (const std::string method : {"GET", "HEAD"}) {
      INFO(method << " with " << fields.front().first << ": " << fields.front().second);
      const HttpResponse response = site.chain().request(method, "/page.html", fields);
      CHECK(response.status == 304);
      CHECK(response.header("ETag") == tag);
      CHECK(response.header("Last-Modified") == "Wed, 01 Jan 2020 00:00:00 GMT");
      CHECK(response.has("Date"));
      CHECK_FALSE(response.has("Content-Type"));
      CHECK_FALSE(response.has("Content-Length"));
    }
  }
  const std::string output = site.chain().raw(
      {"GET /page.html HTTP/1.1\r\nHost: test\r\nIf-None-Match: " + tag + "\r\n\r\n"});
  CHECK(output.find("a page") == std::string::npos);
  CHECK(output.substr(output.size() - 4) == "\r\n\r\n");
}

TEST_CASE("static_file sends the file to a client that has another", "[plugins]") {
  Site site;
  const std::vector<TestChain::Fields> has_it_not{
      {{"If-None-Match", "\"other\""}},
      {{"If-None-Match", "other"}},
      {{"If-None-Match", ""}},
      {{"If-None-Match", "\"other\""}, {"If-Modified-Since", "Wed, 01 Jan 2020 00:00:00 GMT"}},
      {{"If-Modified-Since", "Tue, 31 Dec 2019 23:59:59 GMT"}},
      {{"If-Modified-Since", "yesterday"}},
      {{"If-Modified-Since", "Wed, 32 Jan 2020 00:00:00 GMT"}},
  };
  for (const auto& fields : has_it_not) {
    INFO(fields.front().first << ": " << fields.front().second);
    const HttpResponse response = site.chain().get("/page.html", fields);
    CHECK(response.status == 200);
    CHECK(response.body == "a page");
  }
}

TEST_CASE("static_file answers 412 where If-Match or If-Unmodified-Since does not hold",
          "[plugins]") {
  Site site;
  const std::string tag = site.chain().get("/page.html").header("ETag");
  for (const TestChain::Fields& fields :
       {TestChain::Fields{{"If-Match", "\"other\""}}, TestChain::Fields{{"If-Match", "W/" + tag}},
        TestChain::Fields{{"If-Unmodified-Since", "Tue, 31 Dec 2019 23:59:59 GMT"}}}) {
    INFO(fields.front().first << ": " << fields.front().second);
    const HttpResponse response = site.chain().get("/page.html", fields);
    CHECK(response.status == 412);
    CHECK(response.body.empty());
    CHECK_FALSE(response.has("ETag"));
    CHECK_FALSE(response.has("Last-Modified"));
  }
  CHECK(site.chain().get("/page.html", {{"If-Match", tag}}).status == 200);
  CHECK(site.chain().get("/page.html", {{"If-Match", "*"}}).status == 200);
  CHECK(site.chain()
            .get("/page.html", {{"If-Unmodified-Since", "Wed, 01 Jan 2020 00:00:00 GMT"}})
            .status == 200);
}

TEST_CASE("static_file sends the parts of a file that are asked for", "[plugins]") {
  Site site;
  const auto get = [&site](const std::string& range, const std::string& condition = {}) {
    TestChain::Fields fields{{"Range", range}};
    if (!condition.empty()) fields.emplace_back("If-Range", condition);
    return site.chain().get("/page.html", fields);
  };
  const HttpResponse whole = site.chain().get("/page.html");
  const HttpResponse part = get("bytes=2-3");
  CHECK(part.status == 206);
  CHECK(part.body == "pa");
  CHECK(part.header("Content-Range") == "bytes 2-3/6");
  CHECK(part.header("Content-Length") == "2");
  for (const char* name : {"Content-Type", "ETag", "Last-Modified", "Accept-Ranges"}) {
    CHECK(part.header(name) == whole.header(name));
  }
  const HttpResponse parts = get("bytes=0-0, -2");
  CHECK(parts.status == 206);
  CHECK(parts.header("Content-Type").rfind("multipart/byteranges; boundary=", 0) == 0);
  CHECK(parts.body.find("Content-Range: bytes 4-5/6\r\n\r\nge\r\n") != std::string::npos);
  CHECK(parts.complete);
  const HttpResponse none = get("bytes=6-");
  CHECK(none.status == 416);
  CHECK(none.header("Content-Range") == "bytes */6");
  CHECK(get("bytes=0-3,2-5").body == "a page");
  site.files().write("long.txt", std::string(40, 'x'));
  std::string many = "bytes=0-0";
  for (int at = 2; at < 34; at += 2) many += "," + std::to_string(at) + "-" + std::to_string(at);
  CHECK(site.chain().get("/long.txt", {{"Range", many}}).status == 200);
  many.resize(many.rfind(','));
  CHECK(site.chain().get("/long.txt", {{"Range", many}}).status == 206);
  CHECK(get("bytes=2-3", whole.header("ETag")).status == 206);
  CHECK(get("bytes=2-3", "\"other\"").body == "a page");
  CHECK(site.chain().request("HEAD", "/page.html", {{"Range", "bytes=2-3"}}).status == 200);
}

TEST_CASE("the validators tell two versions of a file apart", "[plugins]") {
  Site site;
  const std::string before = site.chain().get("/page.html").header("ETag");
  set_modified(site.files() / "page.html", new_year_2020, 500'000'001);
  const HttpResponse touched = site.chain().get("/page.html", {{"If-None-Match", before}});
  CHECK(touched.status == 200);
  CHECK(touched.header("ETag") != before);
  set_modified(site.files().write("page.html", "a longer page"), new_year_2020, 500'000'000);
  const HttpResponse grown = site.chain().get("/page.html", {{"If-None-Match", before}});
  CHECK(grown.status == 200);
  CHECK(grown.header("ETag") != before);
}

TEST_CASE("the ETag of a file that was modified a moment ago is weak", "[plugins]") {
  Site site;
  // A whole second may be all that the file system keeps: two seconds around it are a moment.
  set_modified(site.files() / "page.html", std::time(nullptr) + 1);
  CHECK(site.chain().get("/page.html").header("ETag").substr(0, 3) == "W/\"");
}

TEST_CASE("Last-Modified is never in the future, nor trips over the distant past", "[plugins]") {
  Site site;
  set_modified(site.files() / "page.html", std::time(nullptr) + 86'400);
  const HttpResponse future = site.chain().get("/page.html");
  CHECK(*parse_http_date(future.header("Last-Modified")) <=
        *parse_http_date(future.header("Date")));

  set_modified(site.files() / "page.html", -315'619'200);
  const HttpResponse past = site.chain().get("/page.html");
  CHECK(past.header("Last-Modified") == "Fri, 01 Jan 1960 00:00:00 GMT");
  CHECK(past.body == "a page");
  CHECK(site.chain().get("/page.html", {{"If-None-Match", past.header("ETag")}}).status == 304);

  set_modified(site.files() / "page.html", 0);
  CHECK(site.chain().get("/page.html").header("Last-Modified") == "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST_CASE("static_file answers 404 where there is nothing", "[plugins]") {
  Site site;
  std::filesystem::create_symlink("nothing", site.files() / "dangling");
  for (const std::string& target :
       {std::string("/nothing"), std::string("/nothing/at/all"), std::string("/page.html/"),
        std::string("/page.html/x"), std::string("/PAGE.HTML"), std::string("/dangling"),
        "/" + std::string(300, 'n'), "/" + std::string(5000, 'n')}) {
    INFO(target);
    const HttpResponse response = site.chain().get(target);
    CHECK(response.status == 404);
    CHECK(response.body.empty());
  }
}

TEST_CASE("static_file redirects a directory without a slash to the path with it", "[plugins]") {
  Site site;
  for (const char* name : {"docs", "a b", "a?b", "a:b", "\xc3\xbc", "docs/deep", "100%"}) {
    std::filesystem::create_directories(site.files() / name);
  }
  const std::vector<std::pair<std::string, std::string>> cases{
      {"/docs", "/docs/"},
      {"/docs?", "/docs/?"},
      {"/docs?a=1&b=%2F?", "/docs/?a=1&b=%2F?"},
      {"/docs/deep", "/docs/deep/"},
      {"/docs/../docs", "/docs/"},
      {"/a%20b", "/a%20b/"},
      {"/a%3Fb?c", "/a%3Fb/?c"},
      {"/a:b", "/a:b/"},
      {"/%c3%bc", "/%C3%BC/"},
      {"/100%25", "/100%25/"},
      {"http://test/docs", "/docs/"},
  };
  for (const auto& [target, location] : cases) {
    for (const std::string method : {"GET", "HEAD"}) {
      INFO(method << " " << target);
      const HttpResponse response = site.chain().request(method, target);
      CHECK(response.status == 301);
      CHECK(response.header("Location") == location);
      CHECK(response.body.empty());
    }
  }
}

TEST_CASE("no redirect leads off the host, nor splits the response", "[plugins]") {
  Site site;
  // The worst case is that such directories are really there.
  for (const char* name : {"evil.example", "\\evil.example", "\\\\evil.example", "@evil.example",
                           "\r\nSet-Cookie: a=b", "\tevil", "http:", "http:/evil.example"}) {
    std::filesystem::create_directories(site.files() / name);
  }
  const std::vector<std::pair<std::string, std::string>> cases{
      {"//evil.example", "/evil.example/"},
      {"///evil.example", "/evil.example/"},
      {"/%2fevil.example", "/evil.example/"},
      {"/%2F%2Fevil.example", "/evil.example/"},
      {"/.//evil.example", "/evil.example/"},
      {"/x/..//evil.example", "/evil.example/"},
      {"/%2e/%2fevil.example", "/evil.example/"},
      {"/\\evil.example", "/%5Cevil.example/"},
      {"/%5cevil.example", "/%5Cevil.example/"},
      {"//\\evil.example", "/%5Cevil.example/"},
      {"/\\\\evil.example", "/%5C%5Cevil.example/"},
      {"/@evil.example", "/@evil.example/"},
      {"/%0d%0aSet-Cookie:%20a=b", "/%0D%0ASet-Cookie:%20a=b/"},
      {"/%09evil", "/%09evil/"},
      {"/http:", "/http:/"},
      {"/http://evil.example", "/http:/evil.example/"},
      {"http://evil.example//evil.example", "/evil.example/"},
      {"http://other.example/evil.example?//evil.example", "/evil.example/?//evil.example"},
  };
  for (const auto& [target, location] : cases) {
    INFO(target);
    const HttpResponse response = site.chain().get(target);
    CHECK(response.status == 301);
    CHECK(response.header("Location") == location);
    CHECK_FALSE(response.has("Set-Cookie"));
  }
}

TEST_CASE("static_file answers 403 to a directory with a slash", "[plugins]") {
  Site site;
  site.files().write("docs/index.html", "an index, which is not its to find");
  for (const char* target : {"/", "/docs/", "/docs/.", "/docs/..", "/?x"}) {
    INFO(target);
    const HttpResponse response = site.chain().get(target);
    CHECK(response.status == 403);
    CHECK(response.body.empty());
  }
}

TEST_CASE("static_file answers 405 to other methods, with Allow", "[plugins]") {
  Site site;
  for (const std::string method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get"}) {
    INFO(method);
    const HttpResponse response = site.chain().request(method, "/page.html", {}, "content");
    CHECK(response.status == 405);
    CHECK(response.header("Allow") == "GET, HEAD");
    CHECK(response.body.empty());
  }
  CHECK(site.chain().request("OPTIONS", "*").status == 405);
  CHECK(site.chain().request("CONNECT", "test:80").status == 405);
}

TEST_CASE("static_file answers 403 to a FIFO and a socket, at once", "[plugins]") {
  Site site;
  REQUIRE(::mkfifo((site.files() / "fifo").c_str(), 0666) == 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = (site.files() / "socket").string();
  REQUIRE(name.size() < sizeof address.sun_path);
  std::copy(name.begin(), name.end(), address.sun_path);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  for (const char* target : {"/fifo", "/socket"}) {
    INFO(target);
    const HttpResponse response = site.chain().get(target);
    CHECK(response.status == 403);
    CHECK(response.body.empty());
  }
}

TEST_CASE("static_file answers 403 to a device", "[plugins]") {
  Site site;
  if (::mknod((site.files() / "zero").c_str(), S_IFCHR | 0666, makedev(1, 5)) != 0) {
    WARN("skipped: making a device needs privileges");
    return;
  }
  const HttpResponse response = site.chain().get("/zero");
  CHECK(response.status == 403);
  CHECK(response.body.empty());
}

/// Lets this thread open files as nobody in particular, because root may read everything.
class Unprivileged {
 public:
  Unprivileged() : self_(::geteuid()) {
    if (self_ == 0) ::setfsuid(nobody);
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;
  ~Unprivileged() { ::setfsuid(self_); }
  /// Whether it worked. An id that can't be changes nothing, but tells which is in force.
  explicit operator bool() const { return ::setfsuid(static_cast<uid_t>(-1)) != 0; }

 private:
  static constexpr uid_t nobody = 65534;
  uid_t self_;
};

TEST_CASE("static_file answers 403 to what it may not read", "[plugins]") {
  Site site;
  site.files().write("private.html", "private");
  site.files().write("closed/page.html", "private");
  std::filesystem::permissions(site.files().path(), std::filesystem::perms(0755));
  std::filesystem::permissions(site.files() / "private.html", std::filesystem::perms::none);
  std::filesystem::permissions(site.files() / "closed", std::filesystem::perms::none);
  {
    const Unprivileged unprivileged;
    if (unprivileged) {
      const HttpResponse file = site.chain().get("/private.html");
      CHECK(file.status == 403);
      CHECK(file.body.empty());
      CHECK(site.chain().get("/closed/page.html").status == 403);
      CHECK(site.chain().get("/page.html").status == 200);
    } else {
      WARN("skipped: root may read everything, and can't be anybody else here");
    }
  }
  std::filesystem::permissions(site.files() / "closed", std::filesystem::perms::owner_all);
}

TEST_CASE("static_file answers 503 when there are no descriptors left", "[plugins]") {
  Site site;
  CHECK(site.chain().get("/page.html").status == 200);
  rlimit saved{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &saved) == 0);
  const rlimit none{0, saved.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  const HttpResponse response = site.chain().get("/page.html");
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &saved) == 0);
  CHECK(response.status == 503);
  CHECK(response.body.empty());
  CHECK(site.chain().get("/page.html").status == 200);
}

TEST_CASE("static_file ends the chain", "[plugins]") {
  Site site;
  int calls = 0;
  site.chain().add([&calls](Exchange&, Next&) { ++calls; });
  for (const char* target : {"/page.html", "/nothing", "/"}) site.chain().get(target);
  CHECK(calls == 0);
}

TEST_CASE("static_file serves the path that handlers before it chose", "[plugins]") {
  TempDir files;
  files.write("chosen.css", "chosen");
  TestChain chain;
  chain.root(files.path());
  chain.add([](Exchange& exchange, Next& next) {
    exchange.rewrite("/chosen.css");
    next(exchange);
  });
  chain.add(static_file());
  const HttpResponse response = chain.get("/asked.html");
  CHECK(response.body == "chosen");
  CHECK(response.header("Content-Type") == "text/css; charset=utf-8");
}

TEST_CASE("static_file says what is wrong with its options", "[plugins]") {
  const std::vector<std::pair<const char*, std::string>> cases{
      {R"({"types": {".md": "text/plain"}})",
       R"(options:1:12: /types/.md: expected an extension in lower case, without the dot, got ".md")"},
      {R"({"types": {"MD": "text/plain"}})",
       R"(options:1:12: /types/MD: expected an extension in lower case, without the dot, got "MD")"},
      {R"({"types": {"tar.gz": "text/plain"}})",
       R"(options:1:12: /types/tar.gz: expected an extension in lower case, without the dot, got "tar.gz")"},
      {R"({"types": {"": "text/plain"}})",
       R"(options:1:12: /types/: expected an extension in lower case, without the dot, got "")"},
      {R"({"types": {"md": "plain"}})",
       R"(options:1:18: /types/md: expected a media type, got "plain")"},
      {R"({"types": {"md": "text/plain\r\nX: y"}})",
       R"(options:1:18: /types/md: expected a media type, got "text/plain\u000d\u000aX: y")"},
      {R"({"types": {"md": 1}})", R"(options:1:18: /types/md: expected a string, got a number)"},
      {R"({"types": ["md"]})", R"(options:1:11: /types: expected an object, got an array)"},
      {R"({"type": {}})",
       R"(options:1:2: /type: unknown option of static_file; did you mean "types"?)"},
  };
  for (const auto& [options, complaint] : cases) {
    CHECK(complaints(static_file(), options) == complaint + "\n");
  }
}

}  // namespace

namespace {

/// What a response says, but for when, and what a test put before it.
std::string told(const HttpResponse& response) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : response.headers) {
    if (name != "Date" && name != "X-Before") lines.push_back(name + ": " + value);
  }
  std::sort(lines.begin(), lines.end());
  std::string text = std::to_string(response.status) + "\n";
  for (const std::string& line : lines) text += line + "\n";
  return text + response.body;
}

}  // namespace

TEST_CASE("what is kept of a file makes no difference to its responses") {
  TempDir files;
  for (const char* name : {"page.html", "notes.md", "unknown", "both.css", "both.css.gz"}) {
    set_modified(files.write(name, "some text"), new_year_2020);
  }
  const auto cache = std::make_shared<OpenFileCache>();
  cache->start({});
  const DocumentRoot kept(files.path(), cache);
  TestChain plain;
  TestChain cached;
  cached.add([&kept](Exchange& exchange, Next& next) {
    exchange.root = &kept;
    next(exchange);
  });
  TestChain replacing;
  replacing.add([&kept](Exchange& exchange, Next& next) {
    exchange.root = &kept;
    for (const char* name : {"X-Before", "ETag", "Last-Modified", "Content-Type"}) {
      exchange.response.headers.set(name, "replaced");
    }
    next(exchange);
  });
  for (TestChain* chain : {&plain, &cached, &replacing}) {
    chain->root(files.path()).add(static_file(), R"({"types": {"md": "text/markdown"}})");
  }
  const std::vector<TestChain::Fields> requests{
      {},
      {{"If-Modified-Since", "Wed, 01 Jan 2020 00:00:00 GMT"}},
      {{"Range", "bytes=2-4"}},
      {{"Range", "bytes=90-"}},
      {{"If-Match", "\"other\""}},
      {{"Accept-Encoding", "gzip"}}};
  for (const std::string path : {"/page.html", "/notes.md", "/unknown", "/both.css"}) {
    for (const TestChain::Fields& fields : requests) {
      for (const char* method : {"GET", "HEAD"}) {
        CHECK(told(cached.request(method, path, fields)) ==
              told(plain.request(method, path, fields)));
      }
    }
    CHECK(told(replacing.get(path)) == told(plain.get(path)));
  }
  CHECK(cache->counts().entries >= 4);
}
