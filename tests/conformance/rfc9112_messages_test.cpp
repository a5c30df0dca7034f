// RFC 9112 sections 2, 3 and 5: how a request head is written.

#include <string>

#include "conformance/site.hpp"
#include "support/catch.hpp"

using namespace catena::testing;
using namespace std::string_literals;

TEST_CASE("RFC 9112 2.2: lines end with CRLF, and a bare CR or LF is refused", "[conformance]") {
  Site().check({
      {"LF alone", "GET / HTTP/1.1\nHost: a\n\n", "400 close"},
      {"LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", "400 close"},
      {"LF after a field", "GET / HTTP/1.1\r\nHost: a\n\r\n", "400 close"},
      {"LF at the end of the head", "GET / HTTP/1.1\r\nHost: a\r\n\n", "400 close"},
      {"CR alone after the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n", "400 close"},
      {"CR in a field value", head("GET / HTTP/1.1", "X: a\rb\r\n"), "400 close"},
      {"CR CR LF", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", "400 close"},
      {"CR in the target", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", "400 close"},
  });
}

TEST_CASE("RFC 9112 2.2: empty lines in front of a request are skipped, a few of them",
          "[conformance]") {
  Site().check({
      {"one", "\r\n" + another(), "200"},
      {"between two", another() + "\r\n" + another(), "200, 200"},
      {"too many", "\r\n\r\n\r\n\r\n\r\n\r\n" + another(), "400 close"},
      {"a bare LF", "\n" + another(), "400 close"},
      {"nothing else", "\r\n", ""},
  });
}

TEST_CASE("RFC 9112 2.2: white space between the request line and the first field is refused",
          "[conformance]") {
  Site().check({
      {"a space", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400 close"},
      {"a tab", "GET / HTTP/1.1\r\n\tX: y\r\nHost: a\r\n\r\n", "400 close"},
  });
}

TEST_CASE("RFC 9112 2.2: what is no HTTP is answered 400", "[conformance]") {
  Site().check({
      {"a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, "400 close"},
      {"SSH", "SSH-2.0-client\r\n", "400 close"},
      {"zeros", std::string(64, '\0'), "400 close"},
      {"a response", "HTTP/1.1 200 OK\r\n\r\n", "400 close"},
      {"a proxy's line", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + another(), "400 close"},
  });
}

TEST_CASE("RFC 9112 2.3: versions", "[conformance]") {
  Site().check({
      {"1.1", "GET /page.html HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "200 close"},
      {"1.0", "GET /page.html HTTP/1.0\r\n\r\n", "200 close"},
      {"1.2 counts as 1.1", "GET /page.html HTTP/1.2\r\nHost: a\r\n\r\n" + another(), "200, 200"},
      {"2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505 close"},
      {"0.9 with a version", "GET / HTTP/0.9\r\n\r\n", "505 close"},
      {"3.0", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", "505 close"},
      {"HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 close"},
      {"0.9 without a version", "GET /\r\n\r\n", "400 close"},
      {"two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", "400 close"},
      {"leading zero", "GET / HTTP/01.1\r\nHost: a\r\n\r\n", "400 close"},
      {"no minor", "GET / HTTP/1\r\nHost: a\r\n\r\n", "400 close"},
      {"lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", "400 close"},
      {"another name", "GET / HTTPS/1.1\r\nHost: a\r\n\r\n", "400 close"},
      {"a letter", "GET / HTTP/1.x\r\nHost: a\r\n\r\n", "400 close"},
      {"a sign", "GET / HTTP/1.-1\r\nHost: a\r\n\r\n", "400 close"},
      {"a comma", "GET / HTTP/1,1\r\nHost: a\r\n\r\n", "400 close"},
  });
}

TEST_CASE("RFC 9112 3: the request line has single spaces and nothing else", "[conformance]") {
  Site().check({
      {"two spaces before the target", head("GET  / HTTP/1.1"), "400 close"},
      {"two spaces before the version", head("GET /  HTTP/1.1"), "400 close"},
      {"a tab", head("GET\t/ HTTP/1.1"), "400 close"},
      {"a space at the end", head("GET / HTTP/1.1 "), "400 close"},
      {"a space in front", head(" GET / HTTP/1.1"), "400 close"},
      {"a space in the target", head("GET /a b HTTP/1.1"), "400 close"},
      {"no target", head("GET HTTP/1.1"), "400 close"},
      {"no method", head("/ HTTP/1.1"), "400 close"},
      {"a form feed", head("GET\f/ HTTP/1.1"), "400 close"},
      {"NUL", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, "400 close"},
  });
}

TEST_CASE("RFC 9112 3.1: methods are tokens, and have case", "[conformance]") {
  Site().check({
      {"unknown", head("BREW / HTTP/1.1") + another(), "405, 200"},
      {"lower case is another method", head("get / HTTP/1.1") + another(), "405, 200"},
      {"all of tchar", head("!#$%&'*+-.^_`|~09AZaz / HTTP/1.1"), "405"},
      {"a parenthesis", head("G(T / HTTP/1.1"), "400 close"},
      {"a colon", head("GET: / HTTP/1.1"), "400 close"},
      {"an octet from 0x80 on", head("G\xc3\x89T / HTTP/1.1"), "400 close"},
      {"longer than any that is known", head(std::string(100, 'A') + " / HTTP/1.1"), "501 close"},
  });
}

TEST_CASE("RFC 9112 3.2: the forms of a target, and whose they are", "[conformance]") {
  Site().check({
      {"origin", head("GET /page.html?q=1 HTTP/1.1"), "200"},
      {"absolute", head("GET http://test/page.html HTTP/1.1"), "200"},
      {"absolute without a path", head("GET http://test HTTP/1.1"), "200"},
      {"absolute with a query alone", head("GET http://test?q HTTP/1.1"), "200"},
      {"absolute, scheme in capitals", head("GET HTTP://test/ HTTP/1.1"), "200"},
      {"asterisk for OPTIONS", head("OPTIONS * HTTP/1.1"), "405"},
      {"asterisk for GET", head("GET * HTTP/1.1"), "400 close"},
      {"authority for CONNECT", head("CONNECT test:443 HTTP/1.1"), "405"},
      {"authority for GET", head("GET test:443 HTTP/1.1"), "400 close"},
      {"a path for CONNECT", head("CONNECT / HTTP/1.1"), "400 close"},
      {"CONNECT without a port", head("CONNECT test HTTP/1.1"), "400 close"},
      {"CONNECT with an empty port", head("CONNECT test: HTTP/1.1"), "400 close"},
      {"a relative path", head("GET page.html HTTP/1.1"), "400 close"},
      {"a fragment", head("GET /page.html#top HTTP/1.1"), "400 close"},
      {"no host in it", head("GET http:///page.html HTTP/1.1"), "400 close"},
      {"user information", head("GET http://user@test/ HTTP/1.1"), "400 close"},
      {"a backslash", head("GET \\page.html HTTP/1.1"), "400 close"},
      {"an octet from 0x80 on", head("GET /\xc3\xa9 HTTP/1.1"), "400 close"},
      {"DEL", head("GET /\x7f HTTP/1.1"), "400 close"},
  });
}

TEST_CASE("RFC 9112 3.2: Host is there once, and well formed", "[conformance]") {
  const auto with = [](const std::string& fields) {
    return "GET /page.html HTTP/1.1\r\n" + fields + "\r\n";
  };
  Site().check({
      {"none", with(""), "400 close"},
      {"none, with absolute-form", "GET http://a/ HTTP/1.1\r\n\r\n", "400 close"},
      {"none, for 1.0", "GET /page.html HTTP/1.0\r\n\r\n", "200 close"},
      {"two", with("Host: a\r\nHost: a\r\n"), "400 close"},
      {"two that differ", with("Host: a\r\nHost: b\r\n"), "400 close"},
      {"two, in other case", with("Host: a\r\nHOST: b\r\n"), "400 close"},
      {"two, for 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "400 close"},
      {"empty", with("Host:\r\n"), "400 close"},
      {"a list", with("Host: a, b\r\n"), "400 close"},
      {"a path", with("Host: a/b\r\n"), "400 close"},
      {"user information", with("Host: u@a\r\n"), "400 close"},
      {"a scheme", with("Host: http://a\r\n"), "400 close"},
      {"a port", with("Host: a:8080\r\n"), "200"},
      {"an empty port", with("Host: a:\r\n"), "200"},
      {"a port too large", with("Host: a:65536\r\n"), "400 close"},
      {"a port with a sign", with("Host: a:+80\r\n"), "400 close"},
      {"a port of letters", with("Host: a:http\r\n"), "400 close"},
      {"an IPv4 address", with("Host: 127.0.0.1\r\n"), "200"},
      {"an IPv6 address", with("Host: [::1]:80\r\n"), "200"},
      {"an IPv6 address without brackets", with("Host: ::1\r\n"), "400 close"},
      {"brackets that don't close", with("Host: [::1\r\n"), "400 close"},
      {"brackets around nothing", with("Host: []\r\n"), "400 close"},
      {"a space", with("Host: a b\r\n"), "400 close"},
      {"a name with an octet from 0x80 on", with("Host: \xc3\xa9\r\n"), "400 close"},
      {"absolute-form with another Host", "GET http://a/page.html HTTP/1.1\r\nHost: b\r\n\r\n",
       "200"},
      {"absolute-form with a malformed Host", "GET http://a/ HTTP/1.1\r\nHost: b c\r\n\r\n",
       "400 close"},
  });
}

TEST_CASE("RFC 9112 5: a field line is a name, a colon and a value", "[conformance]") {
  const auto with = [](const std::string& field) { return head("GET /page.html HTTP/1.1", field); };
  Site().check({
      {"plain", with("X: y\r\n"), "200"},
      {"no white space", with("X:y\r\n"), "200"},
      {"tabs and spaces around the value", with("X: \t y \t \r\n"), "200"},
      {"an empty value", with("X:\r\n"), "200"},
      {"octets from 0x80 on in the value", with("X: \xe2\x82\xac\xff\r\n"), "200"},
      {"a colon in the value", with("X: a:b\r\n"), "200"},
      {"no colon", with("X\r\n"), "400 close"},
      {"no name", with(": y\r\n"), "400 close"},
      {"a space in the name", with("X Y: z\r\n"), "400 close"},
      {"an octet from 0x80 on in the name", with("\xc3\xa9: y\r\n"), "400 close"},
      {"a slash in the name", with("X/Y: z\r\n"), "400 close"},
      {"NUL in the name", with("X\0Y: z\r\n"s), "400 close"},
      {"NUL in the value", with("X: y\0z\r\n"s), "400 close"},
      {"a control character in the value", with("X: y\x01z\r\n"), "400 close"},
      {"DEL in the value", with("X: y\x7fz\r\n"), "400 close"},
      {"a quoted name", with("\"X\": y\r\n"), "400 close"},
  });
}

TEST_CASE("RFC 9112 5.1: white space between name and colon is refused", "[conformance]") {
  Site().check({
      {"a space", head("GET / HTTP/1.1", "X : y\r\n"), "400 close"},
      {"a tab", head("GET / HTTP/1.1", "X\t: y\r\n"), "400 close"},
      {"before Host's", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "400 close"},
      {"before Content-Length's", post("Content-Length : 4\r\n", "body"), "400 close"},
      {"before Transfer-Encoding's", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
       "400 close"},
      {"in front of the name", post(" Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400 close"},
  });
}

TEST_CASE("RFC 9112 5.2: folded lines are refused", "[conformance]") {
  Site().check({
      {"a space", head("GET / HTTP/1.1", "X: a\r\n b\r\n"), "400 close"},
      {"a tab", head("GET / HTTP/1.1", "X: a\r\n\tb\r\n"), "400 close"},
      {"an empty one", head("GET / HTTP/1.1", "X: a\r\n \r\n"), "400 close"},
      {"in Transfer-Encoding", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"),
       "400 close"},
  });
}

TEST_CASE("RFC 9112 3, RFC 9110 5.4: what is too long is refused before it is kept",
          "[conformance]") {
  std::string fields;
  for (int number = 0; number < 101; ++number) fields += "X: y\r\n";
  Site().check({
      {"a target of 8 KiB", head("GET /" + std::string(8191, 'a') + " HTTP/1.1"), "404"},
      {"a target of more", head("GET /" + std::string(8192, 'a') + " HTTP/1.1"), "414 close"},
      {"a field of 16 KiB", head("GET / HTTP/1.1", "X: " + std::string(16384, 'a') + "\r\n"),
       "431 close"},
      {"a name without end", "GET / HTTP/1.1\r\n" + std::string(20000, 'a'), "431 close"},
      {"more than 100 fields", head("GET / HTTP/1.1", fields), "431 close"},
  });
}
