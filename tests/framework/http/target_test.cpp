#include <algorithm>
#include <array>
#include <catena/http/target.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

namespace {

using namespace std::string_view_literals;
using namespace catena;

struct Parsed {
  bool ok = false;
  Target target;
  std::string storage;
};

// By reference, because the target's views may be into its storage.
void parse(std::string_view raw, Parsed& parsed, std::string_view method = "GET") {
  parsed.ok = parse_target(raw, method, parsed.target, parsed.storage);
}

bool is_target(std::string_view raw, std::string_view method = "GET") {
  Parsed parsed;
  parse(raw, parsed, method);
  return parsed.ok;
}

struct Path {
  std::string text;
  bool leaves_root = false;
  bool operator==(const Path&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Path& path) {
  return out << path.text << (path.leaves_root ? " (leaves the root)" : "");
}

std::optional<Path> path_of(std::string_view raw) {
  Parsed parsed;
  parse(raw, parsed);
  if (!parsed.ok) return std::nullopt;
  return Path{std::string(parsed.target.path), parsed.target.leaves_root};
}

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    segments.emplace_back(path.substr(at + 1, end - at - 1));
    at = end;
  }
  return segments;
}

// The contract of Target::path, in the plainest way: decode, split, walk.
std::optional<Path> expected_path(std::string_view raw) {
  const std::string_view encoded = raw.substr(0, raw.find('?'));
  std::string decoded;
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    if (encoded[at] != '%') {
      decoded.push_back(encoded[at]);
      continue;
    }
    const std::string hex(encoded.substr(at + 1, 2));
    if (hex.size() < 2 || hex.find_first_not_of("0123456789abcdefABCDEF") != hex.npos) return {};
    decoded.push_back(static_cast<char>(std::stoi(hex, nullptr, 16)));
    if (decoded.back() == '\0') return {};
    at += 2;
  }
  Path path;
  std::vector<std::string> kept;
  const std::vector<std::string> segments = segments_of(decoded);
  for (const std::string& segment : segments) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.push_back(segment);
    } else if (!kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else {
      kept.push_back(segment);
      path.leaves_root = true;
    }
  }
  for (const std::string& segment : kept) path.text += "/" + segment;
  const std::string& last = segments.back();
  if (last.empty() || last == "." || last == "..") path.text += "/";
  return path;
}

// What Target::path promises of every path.
void check_promises(const Path& path) {
  REQUIRE_FALSE(path.text.empty());
  CHECK(path.text.front() == '/');
  CHECK(path.text.find('\0') == std::string::npos);
  CHECK(path.text.find("//") == std::string::npos);
  bool in_front = true;
  bool leaves_root = false;
  for (const std::string& segment : segments_of(path.text)) {
    CHECK(segment != ".");
    if (segment == "..") {
      CHECK(in_front);
      leaves_root = true;
    } else {
      in_front = false;
    }
  }
  // Nothing takes a ".." in front away again.
  CHECK(path.leaves_root == leaves_root);
}

// The path is its own normal form: encoded and parsed again, it stays what it is.
void check_idempotent(const Path& path) {
  std::string encoded;
  append_encoded_path(encoded, path.text);
  CHECK(path_of(encoded) == path);
}

void check_nasty(const std::string& raw) {
  CAPTURE(raw);
  const auto path = path_of(raw);
  const auto expected = expected_path(raw);
  CHECK(path == expected);
  if (!path) return;
  check_promises(*path);
  check_idempotent(*path);
}

// The same numbers on every machine (a linear congruential generator).
class Numbers {
 public:
  std::size_t below(std::size_t bound) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(state_ >> 33) % bound;
  }

 private:
  std::uint64_t state_ = 42;
};

struct PathCase {
  std::string_view raw;
  std::string_view path;
  bool leaves_root = false;
};

void check_paths(std::initializer_list<PathCase> cases) {
  for (const PathCase& c : cases) {
    CAPTURE(std::string(c.raw));
    const auto path = path_of(c.raw);
    REQUIRE(path);
    CHECK(path->text == c.path);
    CHECK(path->leaves_root == c.leaves_root);
    CHECK(path == expected_path(c.raw));
  }
}

}  // namespace

TEST_CASE("origin-form (RFC 9112 section 3.2.1)", "[http][target]") {
  const std::string raw = "/where?q=now";
  Parsed parsed;
  parse(raw, parsed);
  REQUIRE(parsed.ok);
  CHECK(parsed.target.form == TargetForm::origin);
  CHECK(parsed.target.raw == raw);
  CHECK(parsed.target.raw_path == "/where");
  CHECK(parsed.target.path == "/where");
  CHECK(parsed.target.has_query);
  CHECK(parsed.target.query == "q=now");
  CHECK(parsed.target.authority.empty());
  CHECK_FALSE(parsed.target.leaves_root);
  CHECK(parsed.target.path.data() == raw.data());  // nothing to decode, nothing copied
}

TEST_CASE("absolute-form (RFC 9112 section 3.2.2)", "[http][target]") {
  struct Case {
    std::string_view raw, authority, path, query;
    bool has_query;
  };
  for (const Case& c : {
           Case{"http://www.example.org/pub/WWW/", "www.example.org", "/pub/WWW/", "", false},
           Case{"https://example.org:8443/a?b", "example.org:8443", "/a", "b", true},
           Case{"HTTP://EXAMPLE.org", "EXAMPLE.org", "/", "", false},
           Case{"http://example.org?a/../b", "example.org", "/", "a/../b", true},
           Case{"http://[2001:db8::1]:80/", "[2001:db8::1]:80", "/", "", false},
           Case{"http://example.org/%2e%2E/a", "example.org", "/../a", "", false},
           Case{"http://example.org//a", "example.org", "/a", "", false},
           Case{"http://example.org:/", "example.org:", "/", "", false},
       }) {
    for (const auto method : {"GET", "OPTIONS", "POST"}) {
      CAPTURE(std::string(c.raw), method);
      Parsed parsed;
      parse(c.raw, parsed, method);
      REQUIRE(parsed.ok);
      CHECK(parsed.target.form == TargetForm::absolute);
      CHECK(parsed.target.raw == c.raw);
      CHECK(parsed.target.authority == c.authority);
      CHECK(parsed.target.path == c.path);
      CHECK(parsed.target.query == c.query);
      CHECK(parsed.target.has_query == c.has_query);
    }
  }
  for (const auto raw : {"http://"sv,
                         "http:///a"sv,
                         "http://?a"sv,
                         "http://:80/"sv,
                         "http:/a"sv,
                         "http:a"sv,
                         "http:"sv,
                         "http"sv,
                         "httpx://a/"sv,
                         "ftp://a/"sv,
                         "file:///a"sv,
                         "ws://a/"sv,
                         "http://user@a/"sv,
                         "http://user:pass@a/"sv,
                         "http://a:80x/"sv,
                         "http://a:80:80/"sv,
                         "http://a:65536/"sv,
                         "http://[::1/"sv,
                         "http://[1::2::3]/"sv,
                         "http://a\\b/"sv,
                         "http://a/%zz"sv,
                         "http://a/%00"sv,
                         " http://a/"sv,
                         "http://a /"sv,
                         "http://a#b"sv}) {
    CAPTURE(std::string(raw));
    CHECK_FALSE(is_target(raw));
  }
}

TEST_CASE("authority-form is CONNECT's alone (RFC 9112 section 3.2.3)", "[http][target]") {
  for (const auto raw : {"www.example.com:80"sv, "[::1]:443"sv, "127.0.0.1:1"sv, "a:0"sv}) {
    CAPTURE(std::string(raw));
    Parsed parsed;
    parse(raw, parsed, "CONNECT");
    REQUIRE(parsed.ok);
    CHECK(parsed.target.form == TargetForm::authority);
    CHECK(parsed.target.authority == raw);
    CHECK(parsed.target.path.empty());
    CHECK(parsed.target.raw_path.empty());
    CHECK_FALSE(parsed.target.has_query);
    CHECK_FALSE(is_target(raw, "GET"));
    CHECK_FALSE(is_target(raw, "connect"));  // methods have case
  }
  for (const auto raw :
       {""sv, "/"sv, "*"sv, "a"sv, "a:"sv, ":80"sv, "[::1]"sv, "[::1]:"sv, "a:65536"sv, "a:b"sv,
        "a:80/"sv, "a:80?b"sv, "u@a:80"sv, "http://a:80"sv, "http://a/"sv, "a:80:80"sv}) {
    CAPTURE(std::string(raw));
    CHECK_FALSE(is_target(raw, "CONNECT"));
  }
}

TEST_CASE("asterisk-form is for OPTIONS (RFC 9112 section 3.2.4)", "[http][target]") {
  Parsed parsed;
  parse("*", parsed, "OPTIONS");
  REQUIRE(parsed.ok);
  CHECK(parsed.target.form == TargetForm::asterisk);
  CHECK(parsed.target.raw == "*");
  CHECK(parsed.target.path.empty());
  for (const auto method : {"GET", "HEAD", "POST", "options", "CONNECT", "TRACE"}) {
    CAPTURE(method);
    CHECK_FALSE(is_target("*", method));
  }
  CHECK_FALSE(is_target("**", "OPTIONS"));
  CHECK_FALSE(is_target("*?a", "OPTIONS"));
  CHECK_FALSE(is_target("*/", "OPTIONS"));
}

TEST_CASE("what has none of the four forms is refused", "[http][target]") {
  for (const auto raw : {""sv, "?"sv, "?a"sv, "a"sv, "index.html"sv, "../a"sv, "./a"sv, "."sv,
                         "a/b"sv, "%2f"sv, "\\"sv, "!"sv, "HTTP/1.1"sv}) {
    CAPTURE(std::string(raw));
    CHECK_FALSE(is_target(raw));
  }
}

TEST_CASE("controls, spaces, fragments and bytes over 0x7f have no place in a target",
          "[http][target]") {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string inside = std::string("/a") + static_cast<char>(byte) + "b";
    const std::string in_query = std::string("/?a") + static_cast<char>(byte) + "b";
    const bool visible = byte > 0x20 && byte < 0x7f && byte != '#';
    CAPTURE(byte);
    CHECK(is_target(inside) == (visible && byte != '%'));  // "%b" is no encoding
    CHECK(is_target(in_query) == visible);
  }
}

TEST_CASE("the query is everything behind the first question mark, never decoded",
          "[http][target]") {
  struct Case {
    std::string_view raw, path, query;
    bool has_query;
  };
  for (const Case& c : {
           Case{"/a", "/a", "", false},
           Case{"/a?", "/a", "", true},
           Case{"/?a?b", "/", "a?b", true},
           Case{"/a?/../b//.", "/a", "/../b//.", true},
           Case{"/a?%41%00%zz%", "/a", "%41%00%zz%", true},
           Case{"/a%3Fb?c", "/a?b", "c", true},
           Case{"/a/..?..", "/", "..", true},
       }) {
    CAPTURE(std::string(c.raw));
    Parsed parsed;
    parse(c.raw, parsed);
    REQUIRE(parsed.ok);
    CHECK(parsed.target.path == c.path);
    CHECK(parsed.target.query == c.query);
    CHECK(parsed.target.has_query == c.has_query);
    CHECK(parsed.target.raw_path == c.raw.substr(0, c.raw.find('?')));
  }
}

TEST_CASE("paths are decoded, and decoded once", "[http][target]") {
  check_paths({
      {"/%41", "/A"},
      {"/%7euser", "/~user"},
      {"/%7Euser", "/~user"},
      {"/a%20b", "/a b"},
      {"/a+b", "/a+b"},
      {"/%25", "/%"},
      {"/%2541", "/%41"},
      {"/%252e%252e/a", "/%2e%2e/a"},
      {"/%252f", "/%2f"},
      {"/%25%32%65", "/%2e"},
      {"/%c3%a4", "/\xc3\xa4"},
      {"/%ff%C0%aF", "/\xff\xc0\xaf"},  // bytes are bytes: no UTF-8 is read, overlong or not
      {"/%0d%0a", "/\r\n"},
      {"/%01%7f", "/\x01\x7f"},
      {"/%23%3f", "/#?"},
  });
}

TEST_CASE("malformed encodings and NUL are refused", "[http][target]") {
  for (const auto raw : {"/%"sv, "/%4"sv, "/%zz"sv, "/%4z"sv, "/%z4"sv, "/%%41"sv, "/%-1"sv,
                         "/% 41"sv, "/%0x41"sv, "/%u0041"sv, "/a%?b=41"sv, "/a%2?5"sv, "/%/41"sv,
                         "/%00"sv, "/a%00.html"sv, "/a/%00/.."sv, "/%2e%2e/%00"sv}) {
    CAPTURE(std::string(raw));
    CHECK_FALSE(is_target(raw));
  }
  CHECK(is_target("/%2500"));
}

TEST_CASE("dot segments and empty ones are resolved", "[http][target]") {
  check_paths({
      {"/", "/"},
      {"//", "/"},
      {"///a", "/a"},
      {"/a//b", "/a/b"},
      {"/a/b", "/a/b"},
      {"/.", "/"},
      {"/./", "/"},
      {"/./a", "/a"},
      {"/a/./b", "/a/b"},
      {"/a/../b", "/b"},
      {"/a/b/../../c", "/c"},
      {"/a/b/../c/../d", "/a/d"},
      {"/a//../b", "/b"},
      {"/a/./../b", "/b"},
      {"/%2e/a", "/a"},
      {"/a/%2E%2e/b", "/b"},
      {"/a/.%2e/b", "/b"},
      {"/a/b/c/./../../g", "/a/g"},  // RFC 3986 section 5.2.4
      {"/mid/content=5/../6", "/mid/6"},
  });
}

TEST_CASE("names that only begin or end with dots are names", "[http][target]") {
  check_paths({
      {"/...", "/..."},
      {"/..a", "/..a"},
      {"/a..", "/a.."},
      {"/.a", "/.a"},
      {"/a.", "/a."},
      {"/a/.../b", "/a/.../b"},
      {"/.well-known/x", "/.well-known/x"},
      {"/..;/a", "/..;/a"},
      {"/..%20/a", "/.. /a"},
      {"/%2e%2e%2e", "/..."},
  });
}

TEST_CASE("a path ends with a slash when its last segment was empty, . or ..", "[http][target]") {
  check_paths({
      {"/a/", "/a/"},
      {"/a//", "/a/"},
      {"/a/.", "/a/"},
      {"/a/./", "/a/"},
      {"/a/b/..", "/a/"},
      {"/a/b/../", "/a/"},
      {"/a/..", "/"},
      {"/a%2f", "/a/"},
      {"/a/%2e", "/a/"},
      {"/a/b/%2e%2e", "/a/"},
      {"/..", "/../", true},
      {"/../.", "/../", true},
      {"/a/b", "/a/b"},
  });
}

TEST_CASE("segments that leave the root stay in front", "[http][target]") {
  check_paths({
      {"/../x", "/../x", true},
      {"/../../x", "/../../x", true},
      {"/a/../../x", "/../x", true},
      {"/a/../../b/../../x", "/../../x", true},
      {"/../x/..", "/../", true},
      {"/../x/../y", "/../y", true},
      {"/../x/../../y", "/../../y", true},
      {"//../x", "/../x", true},
      {"/./../x", "/../x", true},
      {"/%2e%2e/x", "/../x", true},
      {"/%2e%2e%2fx", "/../x", true},
      {"/..%2f..%2fx", "/../../x", true},
      {"/a/b/../../../../etc/passwd", "/../../etc/passwd", true},
      {"/x/..", "/", false},
  });
}

TEST_CASE("an encoded slash separates, a backslash does not", "[http][target]") {
  check_paths({
      {"/a%2fb", "/a/b"},
      {"/a%2F%2fb", "/a/b"},
      {"/a%2f..%2fb", "/b"},
      {"/%2f", "/"},
      {"/a\\b", "/a\\b"},
      {"/a%5cb", "/a\\b"},
      {"/..\\x", "/..\\x"},
      {"/..%5c..%5cx", "/..\\..\\x"},
      {"/a/..\\/b", "/a/..\\/b"},
      {"/\\../x", "/\\../x"},
  });
}

TEST_CASE("nasty segments, in every order, give a path as promised", "[http][target]") {
  constexpr std::array kPieces{"",         ".",    "..",         "%2e",     "%2E%2e",
                               ".%2e",     "a",    "%2f",        "..%2f..", "..%5c",
                               "\\..",     "...",  "a%20b",      "a%2f..",  ".a",
                               "%c0%ae..", "..;x", "%252e%252e", "a%2f%2f", "%2e%2f%2e"};
  for (const std::string first : kPieces) {
    check_nasty("/" + first);
    for (const std::string second : kPieces) {
      check_nasty("/" + first + "/" + second);
      for (const std::string third : kPieces) check_nasty("/" + first + "/" + second + "/" + third);
    }
  }
}

TEST_CASE("nasty targets made at random give a path as promised", "[http][target]") {
  constexpr std::array kPieces{"/", "/", ".",  ".",   "..",  "%2e", "%2F",    "%",    "2",   "e",
                               "f", "a", "\\", "%5c", "%00", "?",   "%c0%af", "/../", "%25", ";"};
  Numbers numbers;
  for (int round = 0; round < 5000; ++round) {
    std::string raw = "/";
    for (std::size_t left = numbers.below(16); left > 0; --left) {
      raw += kPieces[numbers.below(kPieces.size())];
    }
    check_nasty(raw);
  }
}

TEST_CASE("what was parsed before leaves no trace", "[http][target]") {
  Parsed parsed;
  parse("http://example.org/../a%20b?c", parsed);
  CHECK(parsed.target.leaves_root);
  parse("/a", parsed);
  REQUIRE(parsed.ok);
  CHECK(parsed.target.form == TargetForm::origin);
  CHECK(parsed.target.authority.empty());
  CHECK(parsed.target.path == "/a");
  CHECK_FALSE(parsed.target.leaves_root);
  CHECK_FALSE(parsed.target.has_query);
  CHECK(parsed.target.query.empty());
  parse("/%62", parsed);
  CHECK(parsed.target.path == "/b");
}

TEST_CASE("hosts that may stand in Host (RFC 3986 section 3.2.2)", "[http][target]") {
  for (const auto text : {"a"sv,
                          "localhost"sv,
                          "www.example.org"sv,
                          "www.example.org."sv,
                          "EXAMPLE.org"sv,
                          "foo_bar.example"sv,
                          "xn--bcher-kva.example"sv,
                          "a-b~c!$&'()*+;=d"sv,
                          "%41%c3%A4"sv,
                          "127.0.0.1"sv,
                          "999.1"sv,
                          "[::1]"sv,
                          "[::]"sv,
                          "[2001:db8::8:800:200c:417a]"sv,
                          "[2001:DB8:0:0:8:800:200C:417A]"sv,
                          "[::ffff:12.30.67.89]"sv,
                          "a:"sv,
                          "a:0"sv,
                          "a:80"sv,
                          "a:00080"sv,
                          "a:65535"sv,
                          "[::1]:"sv,
                          "[::1]:65535"sv,
                          "127.0.0.1:8080"sv}) {
    CAPTURE(std::string(text));
    CHECK(is_host(text));
  }
}

TEST_CASE("what is no host", "[http][target]") {
  for (const auto text : {""sv,
                          ":"sv,
                          ":80"sv,
                          " a"sv,
                          "a "sv,
                          "a b"sv,
                          "a,b"sv,
                          "a/"sv,
                          "/a"sv,
                          "a?b"sv,
                          "a#b"sv,
                          "u@a"sv,
                          "u:p@a"sv,
                          "@"sv,
                          "a\\b"sv,
                          "<a>"sv,
                          "\"a\""sv,
                          "a|b"sv,
                          "a^b"sv,
                          "`a`"sv,
                          "{a}"sv,
                          "a\0"sv,
                          "a\0b"sv,
                          "\0"sv,
                          "a\t"sv,
                          "a\x7f"sv,
                          "\xc3\xa4"sv,
                          "%"sv,
                          "%4"sv,
                          "%zz"sv,
                          "a%4"sv,
                          "a:x"sv,
                          "a:80x"sv,
                          "a:-1"sv,
                          "a:+1"sv,
                          "a: 1"sv,
                          "a:1.2"sv,
                          "a:65536"sv,
                          "a:99999999999"sv,
                          "a:80:80"sv,
                          "::1"sv,
                          "2001:db8::1"sv,
                          "["sv,
                          "]"sv,
                          "[]"sv,
                          "[::1"sv,
                          "::1]"sv,
                          "[a]"sv,
                          "[1::2::3]"sv,
                          "[::1]x"sv,
                          "[::1]80"sv,
                          "[::1]."sv,
                          "x[::1]"sv,
                          "[[::1]]"sv,
                          "[127.0.0.1]"sv,
                          "[:::1]"sv,
                          "[1:2:3:4:5:6:7]"sv,
                          "[1:2:3:4:5:6:7:8:9]"sv,
                          "[12345::]"sv,
                          "[::g]"sv,
                          "[fe80::1%25eth0]"sv,
                          "[::1 ]"sv,
                          "[ ::1]"sv,
                          "[::1\0]"sv,
                          "[::1\0x]:80"sv,
                          "[::1]:x"sv,
                          "[::1]:65536"sv,
                          "[::1]::1"sv,
                          "[::256.1.1.1]"sv,
                          "[::1]:80:80"sv}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(is_host(text));
  }
  CHECK_FALSE(is_host("[" + std::string(1000, '1') + "]"));
  CHECK(is_host(std::string(1000, 'a')));
}

TEST_CASE("an encoded path leaves plain what a path may hold plainly (RFC 3986 section 3.3)",
          "[http][target]") {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    std::string expected = "kept:";
    if (kPlain.find(c) != kPlain.npos) {
      expected += c;
    } else {
      expected += {'%', kHex[byte / 16], kHex[byte % 16]};
    }
    std::string out = "kept:";
    append_encoded_path(out, std::string_view(&c, 1));
    CAPTURE(byte);
    CHECK(out == expected);
  }
}

TEST_CASE("an encoded path is parsed back to itself", "[http][target]") {
  std::string all = "/";
  for (int byte = 1; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (c == '/') continue;
    all += c;
    for (const std::string& name : {std::string("/x") + c + "y", std::string("/d/x") + c,
                                    std::string("/") + c + "y/", std::string("/%41") + c}) {
      std::string encoded;
      append_encoded_path(encoded, name);
      CAPTURE(byte, encoded);
      CHECK(path_of(encoded) == Path{name, false});
    }
  }
  std::string encoded;
  append_encoded_path(encoded, all);
  CHECK(path_of(encoded) == Path{all, false});
}
