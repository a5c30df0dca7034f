// RFC 9112 sections 6 and 7: where a request ends. Whatever leaves that in doubt is refused, and
// the connection closed, because a proxy in front may have seen it otherwise.

#include <string>

#include "conformance/site.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"

using namespace catena::testing;
using namespace std::string_literals;

TEST_CASE("RFC 9112 6.2: a Content-Length is the number of bytes", "[conformance]") {
  Site().check({
      {"as long as it says", post("Content-Length: 4\r\n", "body") + another(), "200, 200"},
      {"nothing", post("Content-Length: 0\r\n", "") + another(), "200, 200"},
      {"leading zeros", post("Content-Length: 0004\r\n", "body") + another(), "200, 200"},
      {"shorter than it says", post("Content-Length: 9\r\n", "body"), "404 close"},
      {"what follows is the next request", post("Content-Length: 2\r\n", "bo") + another(),
       "200, 200"},
      {"a request in a body is none",
       post("Content-Length: " + std::to_string(another().size()) + "\r\n", another()), "200"},
      {"no body without a length", post("", "") + another(), "200, 200"},
  });
}

TEST_CASE("RFC 9112 6.3: a Content-Length that is no number is refused", "[conformance]") {
  for (const std::string value :
       {"", "-1", "+4", "4.0", "0x4", "4 4", "4a", "a", "4,", ",4", "4;", "\"4\"", "1e1",
        "9223372036854775808", "18446744073709551616", "99999999999999999999999", "\xc2\xb2"}) {
    CAPTURE(value);
    Site().check(
        {{"Content-Length", post("Content-Length: " + value + "\r\n", "body"), "400 close"}});
  }
}

TEST_CASE("RFC 9112 6.3: more than one Content-Length is refused", "[conformance]") {
  Site().check({
      {"two that differ", post("Content-Length: 4\r\nContent-Length: 5\r\n", "body!"), "400 close"},
      {"two alike", post("Content-Length: 4\r\nContent-Length: 4\r\n", "body"), "400 close"},
      {"a list", post("Content-Length: 4, 4\r\n", "body"), "400 close"},
      {"a list that differs", post("Content-Length: 4, 5\r\n", "body!"), "400 close"},
      {"zero and more", post("Content-Length: 0\r\ncontent-length: 4\r\n", "body"), "400 close"},
  });
}

TEST_CASE("RFC 9112 6.3: Content-Length beside Transfer-Encoding is refused", "[conformance]") {
  Site().check({
      {"length first", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       "400 close"},
      {"coding first", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
       "400 close"},
      {"a length of nothing",
       post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400 close"},
      {"a coding that is not known", post("Content-Length: 4\r\nTransfer-Encoding: x\r\n", "body"),
       "400 close"},
  });
}

TEST_CASE("RFC 9112 6.1: the last transfer coding is chunked, and nothing but that is understood",
          "[conformance]") {
  const auto coded = [](const std::string& value) {
    return post("Transfer-Encoding: " + value + "\r\n", "0\r\n\r\n");
  };
  Site().check({
      {"chunked", coded("chunked") + another(), "200, 200"},
      {"in capitals", coded("CHUNKED") + another(), "200, 200"},
      {"with empty elements", coded(", chunked ,") + another(), "200, 200"},
      {"identity", coded("identity"), "400 close"},
      {"gzip alone", coded("gzip"), "400 close"},
      {"gzip, chunked", coded("gzip, chunked"), "501 close"},
      {"chunked, gzip", coded("chunked, gzip"), "400 close"},
      {"chunked twice", coded("chunked, chunked"), "400 close"},
      {"chunked on two lines", coded("chunked\r\nTransfer-Encoding: chunked"), "400 close"},
      {"nothing on a second line", coded("chunked\r\nTransfer-Encoding:"), "400 close"},
      {"nothing on a first line", coded("\r\nTransfer-Encoding: chunked"), "400 close"},
      {"identity on a second line", coded("chunked\r\nTransfer-Encoding: identity"), "400 close"},
      {"a word that ends so", coded("xchunked"), "400 close"},
      {"a word that begins so", coded("chunkedx"), "400 close"},
      {"quoted", coded("\"chunked\""), "400 close"},
      {"with a parameter", coded("chunked;q=1"), "400 close"},
      {"with a vertical tab", coded("\vchunked"), "400 close"},
      {"empty", coded(""), "400 close"},
      {"a comma", coded(","), "400 close"},
      {"in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "400 close"},
  });
}

TEST_CASE("RFC 9110 9, RFC 9112 6: any method may have a body", "[conformance]") {
  for (const std::string method : {"GET", "HEAD", "DELETE", "OPTIONS", "PUT", "X-ANY"}) {
    const std::string echo = head(method + " /echo HTTP/1.1", "Content-Length: 4\r\n") + "body";
    const std::string chunks = head(method + " /echo HTTP/1.1", "Transfer-Encoding: chunked\r\n") +
                               "4\r\nbody\r\n0\r\n\r\n";
    CAPTURE(method);
    const std::string responses = Site().raw(echo + chunks + another());
    CHECK(responses.find("0123456789") != std::string::npos);
    CHECK((responses.find("body") == std::string::npos) == (method == "HEAD"));
  }
}

TEST_CASE("RFC 9112 7.1: chunks", "[conformance]") {
  Site().check({
      {"one", chunked("4\r\nbody\r\n0\r\n\r\n") + another(), "200, 200"},
      {"several", chunked("2\r\nbo\r\n1\r\nd\r\n1\r\ny\r\n0\r\n\r\n") + another(), "200, 200"},
      {"none", chunked("0\r\n\r\n") + another(), "200, 200"},
      {"leading zeros", chunked("0004\r\nbody\r\n000\r\n\r\n") + another(), "200, 200"},
      {"letters of either case", chunked("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"), "200"},
      {"line ends within", chunked("4\r\n\r\n\r\n\r\n0\r\n\r\n") + another(), "200, 200"},
      {"no last chunk", chunked("4\r\nbody\r\n"), "404 close"},
      {"no end of the trailer section", chunked("0\r\n"), "404 close"},
      {"shorter than it says", chunked("5\r\nbody\r\n0\r\n\r\n"), "400 close"},
      {"longer than it says", chunked("3\r\nbody\r\n0\r\n\r\n"), "400 close"},
      {"no CRLF after the content", chunked("4\r\nbody0\r\n\r\n"), "400 close"},
      {"LF after the content", chunked("4\r\nbody\n0\r\n\r\n"), "400 close"},
      {"LF after the size", chunked("4\nbody\r\n0\r\n\r\n"), "400 close"},
      {"CR alone after the size", chunked("4\rbody\r\n0\r\n\r\n"), "400 close"},
      {"LF after the last size", chunked("4\r\nbody\r\n0\n\r\n"), "400 close"},
      {"LF at the end", chunked("4\r\nbody\r\n0\r\n\n"), "400 close"},
      {"a sign", chunked("+4\r\nbody\r\n0\r\n\r\n"), "400 close"},
      {"a negative size", chunked("-4\r\nbody\r\n0\r\n\r\n"), "400 close"},
      {"0x", chunked("0x4\r\nbody\r\n0\r\n\r\n"), "400 close"},
      {"no size", chunked("\r\nbody\r\n0\r\n\r\n"), "400 close"},
      {"a space in front", chunked(" 4\r\nbody\r\n0\r\n\r\n"), "400 close"},
      {"a space behind", chunked("4 \r\nbody\r\n0\r\n\r\n"), "400 close"},
      {"an underscore", chunked("1_0\r\n0123456789abcdef\r\n0\r\n\r\n"), "400 close"},
      {"a size past 64 bits", chunked("10000000000000004\r\nbody\r\n0\r\n\r\n"), "400 close"},
      {"a size of all bits", chunked("ffffffffffffffff\r\nbody\r\n0\r\n\r\n"), "400 close"},
      {"an empty line for a size", chunked("4\r\nbody\r\n\r\n0\r\n\r\n"), "400 close"},
  });
}

TEST_CASE("RFC 9112 7.1.1: chunk extensions are checked and ignored", "[conformance]") {
  const auto extended = [](const std::string& extension) {
    return chunked("4" + extension + "\r\nbody\r\n0\r\n\r\n");
  };
  Site().check({
      {"a name", extended(";a") + another(), "200, 200"},
      {"a value", extended(";a=b") + another(), "200, 200"},
      {"several", extended(";a=b;c;d=e") + another(), "200, 200"},
      {"a quoted value", extended(";a=\"b;\\\" c\"") + another(), "200, 200"},
      {"white space around them", extended(" ; a = b") + another(), "200, 200"},
      {"of the last chunk", chunked("0;a=b\r\n\r\n") + another(), "200, 200"},
      {"no name", extended(";"), "400 close"},
      {"no value", extended(";a="), "400 close"},
      {"a quote that does not close", extended(";a=\"b"), "400 close"},
      {"LF within", extended(";a\nb"), "400 close"},
      {"CR within", extended(";a\rb"), "400 close"},
      {"NUL", extended(";a=\0"s), "400 close"},
      {"a bare LF as its end", chunked("4;a\nbody\r\n0\r\n\r\n"), "400 close"},
      {"longer than anybody needs", extended(";" + std::string(2000, 'a')), "400 close"},
  });
}

TEST_CASE("RFC 9112 7.1.2: the trailer section is checked and dropped", "[conformance]") {
  const auto trailed = [](const std::string& trailers) {
    return chunked("4\r\nbody\r\n0\r\n" + trailers + "\r\n");
  };
  Site().check({
      {"a field", trailed("Digest: abc\r\n") + another(), "200, 200"},
      {"two", trailed("A: b\r\nC:d\r\n") + another(), "200, 200"},
      {"Content-Length has no say there", trailed("Content-Length: 100\r\n") + another(),
       "200, 200"},
      {"Transfer-Encoding neither", trailed("Transfer-Encoding: chunked\r\n") + another(),
       "200, 200"},
      {"nor Host", trailed("Host: other\r\n") + another(), "200, 200"},
      {"no colon", trailed("A\r\n"), "400 close"},
      {"white space before the colon", trailed("A : b\r\n"), "400 close"},
      {"a folded line", trailed("A: b\r\n c\r\n"), "400 close"},
      {"a bare LF", trailed("A: b\n"), "400 close"},
      {"NUL", trailed("A: b\0\r\n"s), "400 close"},
      {"without end", chunked("0\r\nA: " + std::string(20'000, 'b')), "400 close"},
  });
}

TEST_CASE("RFC 9112 6, 9.3: a body that nobody reads is no next request", "[conformance]") {
  const auto unread = [](const std::string& fields, const std::string& bytes) {
    return head("POST /page.html HTTP/1.1", fields) + bytes;
  };
  Site().check({
      {"of a length", unread("Content-Length: 4\r\n", "GET ") + another(), "405, 200"},
      {"chunked", unread("Transfer-Encoding: chunked\r\n", "4\r\nGET \r\n0\r\n\r\n") + another(),
       "405, 200"},
      {"too long to be read for nothing",
       unread("Content-Length: 1000000\r\n", std::string(1000, 'x')), "405 close"},
  });
}

TEST_CASE("RFC 9112 6: what has arrived of an unread body is checked before it is answered",
          "[conformance]") {
  Site site;
  for (const std::string chunks : {"x\r\n", "4\nbody\r\n0\r\n\r\n", "2\r\nbody\r\n0\r\n\r\n"}) {
    for (const std::string line : {"POST /page.html HTTP/1.1", "GET /page.html HTTP/1.1"}) {
      const auto responses = site.exchange(head(line, "Transfer-Encoding: chunked\r\n") + chunks);
      CHECK(summary(responses) == "400 close");
    }
  }
}

TEST_CASE("RFC 9110 15.5.14: a body over the limit is 413", "[conformance]") {
  Site site;
  site.check({
      {"by its length", post("Content-Length: 1048577\r\n", ""), "413 close"},
      {"by its chunks", chunked("200000\r\n" + std::string(0x200000, 'x') + "\r\n0\r\n\r\n"),
       "413 close"},
  });
}
