// RFC 9112 sections 4, 6 and 9 from the response's side: how responses are framed, and when the
// connection goes on.

#include <string>

#include "conformance/site.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"

using namespace catena::testing;

TEST_CASE("RFC 9112 9.3: a connection goes on as version and Connection say", "[conformance]") {
  const auto v10 = [](const std::string& fields) {
    return "GET /page.html HTTP/1.0\r\n" + fields + "\r\n";
  };
  const auto v11 = [](const std::string& fields) {
    return head("GET /page.html HTTP/1.1", fields);
  };
  Site().check({
      {"1.1", v11("") + another(), "200, 200"},
      {"1.1, close", v11("Connection: close\r\n") + another(), "200 close"},
      {"1.1, close among others", v11("Connection: x, Close ,y\r\n") + another(), "200 close"},
      {"1.1, close on a second line", v11("Connection: x\r\nConnection: close\r\n") + another(),
       "200 close"},
      {"1.1, close wins", v11("Connection: keep-alive, close\r\n") + another(), "200 close"},
      {"1.1, a word that contains it", v11("Connection: closed\r\n") + another(), "200, 200"},
      {"1.0", v10("") + another(), "200 close"},
      {"1.0, keep-alive", v10("Connection: keep-alive\r\n") + another(), "200 keep-alive, 200"},
      {"1.0, Keep-Alive", v10("Connection: Keep-Alive\r\n") + another(), "200 keep-alive, 200"},
      {"1.0, close wins", v10("Connection: keep-alive, close\r\n") + another(), "200 close"},
      {"Proxy-Connection has no say", v10("Proxy-Connection: keep-alive\r\n") + another(),
       "200 close"},
      {"after an error of a handler's", head("GET /nothing HTTP/1.1") + another(), "404, 200"},
      {"after a refusal", head("GET / HTTP/1.1", "X Y: z\r\n") + another(), "400 close"},
  });
}

TEST_CASE("RFC 9112 9.3.2: pipelined requests are answered in their order", "[conformance]") {
  std::string requests;
  for (int number = 0; number < 50; ++number) {
    requests += post("Content-Length: 2\r\n", std::to_string(10 + number));
  }
  const auto responses = Site().exchange(requests);
  REQUIRE(responses.size() == 50);
  for (std::size_t number = 0; number < responses.size(); ++number) {
    CHECK(responses[number].body == std::to_string(10 + number));
  }
}

TEST_CASE("RFC 9112 9.6: Connection: close is said when it is meant", "[conformance]") {
  Site site;
  CHECK(site.raw(head("GET /page.html HTTP/1.1", "Connection: close\r\n"))
            .find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(site.raw(another()).find("Connection") == std::string::npos);
}

TEST_CASE("RFC 9112 6.3: content of unknown length is chunked to 1.1, and closes for 1.0",
          "[conformance]") {
  Site site;
  const std::string chunks = site.raw(head("GET /stream HTTP/1.1"));
  CHECK(chunks.find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos);
  CHECK(chunks.find("Content-Length") == std::string::npos);
  CHECK(chunks.ends_with("\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n"));

  const std::string older =
      site.raw("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + another());
  CHECK(older.find("Transfer-Encoding") == std::string::npos);
  CHECK(older.find("Content-Length") == std::string::npos);
  CHECK(older.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(older.ends_with("\r\n\r\nhello world"));
}

TEST_CASE("RFC 9112 6.1: no Transfer-Encoding in 204, nor in what HTTP/1.0 asked for",
          "[conformance]") {
  Site site;
  const std::string empty = site.raw(head("GET /empty HTTP/1.1"));
  CHECK(empty.starts_with("HTTP/1.1 204 "));
  CHECK(empty.find("Transfer-Encoding") == std::string::npos);
  CHECK(empty.find("Content-Length") == std::string::npos);
  CHECK(empty.ends_with("\r\n\r\n"));
}

TEST_CASE("RFC 9112 4: a status line has version, code and phrase", "[conformance]") {
  Site site;
  CHECK(site.raw(another()).starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(site.raw("GET /page.html HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(site.raw(head("GET /nothing HTTP/1.1")).starts_with("HTTP/1.1 404 Not Found\r\n"));
}

TEST_CASE("RFC 9112 8: a request that is cut off is answered 400", "[conformance]") {
  Site().check({
      {"in the request line", "GET /pa", "400 close"},
      {"in the fields", "GET / HTTP/1.1\r\nHos", "400 close"},
      {"before the empty line", "GET / HTTP/1.1\r\nHost: a\r\n", "400 close"},
  });
}
