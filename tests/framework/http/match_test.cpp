#include <catena/http/match.hpp>
#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace catena;

TEST_CASE("a path is beneath a prefix by whole segments", "[http][match]") {
  for (const std::string_view path : {"/docs", "/docs/", "/docs/a", "/docs/a/b"}) {
    CHECK(is_beneath(path, "/docs"));
    CHECK(is_beneath(path, "/docs/"));
    CHECK(is_beneath(path, "/"));
  }
  for (const std::string_view path : {"/", "/doc", "/docsearch", "/a/docs", "/Docs", ""}) {
    CHECK_FALSE(is_beneath(path, "/docs"));
  }
}

TEST_CASE("a pattern matches the whole path", "[http][match]") {
  struct Case {
    std::string_view pattern;
    std::string_view path;
    bool matches;
  };
  for (const Case& c : {
           Case{"/", "/", true},
           {"/", "/a", false},
           {"/a", "/a", true},
           {"/a", "/a/", true},
           {"/a/", "/a", true},
           {"/a", "/a/b", false},
           {"/a/*", "/a/b", true},
           {"/a/*", "/a", false},
           {"/a/*", "/a/b/c", false},
           {"/users/*/photos", "/users/ada/photos", true},
           {"/users/*/photos", "/users/photos", false},
           {"/users/*/photos", "/users/a/b/photos", false},
           {"/*.png", "/a.png", true},
           {"/*.png", "/a.png.gz", false},
           {"/*.png", "/.png", true},
           {"/a*b*c", "/axxbyyc", true},
           {"/a*b*c", "/abcbcc", true},
           {"/a*b*c", "/acb", false},
           {"/**", "/", true},
           {"/**", "/a/b/c", true},
           {"/a/**", "/a", true},
           {"/a/**", "/ab", false},
           {"/**/c", "/c", true},
           {"/**/c", "/a/b/c", true},
           {"/**/c", "/a/c/b", false},
           {"/**/b/*.php", "/a/b/b/x.php", true},
           {"/**/b/*.php", "/a/b/c/x.php", false},
           {"/a/**/b/**/c", "/a/x/b/y/z/c", true},
           {"/a/**/b/**/c", "/a/x/y/z/c", false},
       }) {
    CAPTURE(std::string(c.pattern), std::string(c.path));
    CHECK(is_path_pattern(c.pattern));
    CHECK(matches_path(c.path, c.pattern) == c.matches);
  }
  for (const std::string_view pattern : {"", "a", "*", "/a**", "/**a/b", "/***"}) {
    CAPTURE(std::string(pattern));
    CHECK_FALSE(is_path_pattern(pattern));
  }
}

TEST_CASE("a pattern of many stars takes no time to speak of", "[http][match]") {
  std::string pattern;
  std::string path;
  for (int segment = 0; segment < 200; ++segment) {
    pattern += "/**/a*a*a*a*a*b";
    path += "/aaaaaaaaaaaaaaaaaaaa";
  }
  CHECK_FALSE(matches_path(path, pattern));
}

TEST_CASE("hosts match without case, port and final dot", "[http][match]") {
  for (const std::string_view host :
       {"example.com", "Example.COM", "example.com:8080", "example.com.", "example.com.:80"}) {
    CHECK(matches_host(host, "example.com"));
    CHECK_FALSE(matches_host(host, "*.example.com"));
    CHECK_FALSE(matches_host(host, "ample.com"));
  }
  for (const std::string_view host : {"www.example.com", "a.b.EXAMPLE.com:1"}) {
    CHECK(matches_host(host, "*.Example.com"));
    CHECK_FALSE(matches_host(host, "example.com"));
  }
  CHECK_FALSE(matches_host("notexample.com", "*.example.com"));
  CHECK(matches_host("[::1]:8080", "[::1]"));
  CHECK_FALSE(matches_host("[::1]", "[::2]"));
  CHECK_FALSE(matches_host("", "example.com"));

  for (const std::string_view good : {"example.com", "*.example.com", "[::1]", "127.0.0.1", "a"}) {
    CHECK(is_host_pattern(good));
  }
  for (const std::string_view bad :
       {"", "*", "*.", "a.*.com", "example.com:80", "[::1]:80", "a b"}) {
    CAPTURE(std::string(bad));
    CHECK_FALSE(is_host_pattern(bad));
  }
}

TEST_CASE("a path is normal as a target's path is", "[http][match]") {
  for (const std::string_view path :
       {"/", "/a", "/a/", "/a b/c", "/100%", "/%zz", "/%4", "/...", "/.a", "/a..", "/ü", "/*/**"}) {
    INFO(path);
    CHECK(is_normal_path(path));
  }
  for (const std::string_view path : {"", "a", "//", "/a//b", "/a//", "/.", "/..", "/a/./b",
                                      "/a/../", "/%41", "/a%2fb", "/%20%zz"}) {
    INFO(path);
    CHECK_FALSE(is_normal_path(path));
  }
}

TEST_CASE("a method name is no registered one in lower case", "[http][match]") {
  for (const std::string_view name : {"GET", "Get", "purge", "PROPFIND", "x-y"}) {
    CHECK(is_method_name(name));
  }
  for (const std::string_view name : {"", "get", "patch", "trace", "G T", "a/b"}) {
    CHECK_FALSE(is_method_name(name));
  }
}
