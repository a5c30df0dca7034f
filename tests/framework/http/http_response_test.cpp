#include "catena/http/http_response.hpp"

#include <string>
#include <string_view>

#include "support/catch.hpp"

using namespace catena;

TEST_CASE("a response is taken off the front of what was sent", "[http_response]") {
  const std::string sent =
      "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX:  a b \r\nx: second\r\n\r\nbodyHTTP/1.1 404";
  std::string_view bytes = sent;
  const auto response = take_response(bytes, false, false);
  REQUIRE(response);
  CHECK(response->status == 200);
  CHECK(response->reason == "OK");
  CHECK(response->body == "body");
  CHECK(response->complete);
  CHECK(response->header("content-length") == "4");
  CHECK(response->header("X") == "a b");
  CHECK(response->has("x"));
  CHECK_FALSE(response->has("y"));
  CHECK(response->header("y").empty());
  CHECK(response->headers.size() == 3);
  CHECK(bytes == "HTTP/1.1 404");
  CHECK_FALSE(take_response(bytes, false, true));
}

TEST_CASE("the end of a body is what its framing says", "[http_response]") {
  struct Case {
    std::string_view bytes;
    bool head_request;
    bool ended;
    std::string_view body;
    bool complete;
    std::string_view rest;
  };
  const Case test_case = GENERATE(
      Case{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbo", false, true, "bo", false, ""},
      Case{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nrest", false, false, "", true, "rest"},
      Case{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nrest", true, false, "", true, "rest"},
      Case{"HTTP/1.1 204 No Content\r\n\r\nrest", false, false, "", true, "rest"},
      Case{"HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nrest", false, false, "", true,
           "rest"},
      Case{"HTTP/1.1 100 Continue\r\n\r\nrest", false, false, "", true, "rest"},
      Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
           "chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\nrest",
           false, false, "body", true, "rest"},
      Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n", false, true, "bo",
           false, ""},
      Case{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense", false, true, "", false,
           "nonsense"},
      Case{"HTTP/1.1 200 OK\r\n\r\nall of it", false, true, "all of it", true, ""},
      Case{"HTTP/1.1 200 OK\r\n\r\nso far", false, false, "so far", false, ""});
  CAPTURE(test_case.bytes);
  std::string_view bytes = test_case.bytes;
  const auto response = take_response(bytes, test_case.head_request, test_case.ended);
  REQUIRE(response);
  CHECK(response->body == test_case.body);
  CHECK(response->complete == test_case.complete);
  CHECK(bytes == test_case.rest);
}

TEST_CASE("responses are matched to their requests, interim ones left out", "[http_response]") {
  const auto responses = take_responses(
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
      "HTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"
      "HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\n"
      "HTTP/1.1 2",
      true, {"HEAD", "POST", "HEAD"});
  REQUIRE(responses.size() == 3);
  CHECK(responses[0].body.empty());
  CHECK(responses[1].status == 201);
  CHECK(responses[1].body == "ok");
  CHECK(responses[2].complete);
  CHECK(responses[2].reason.empty());
}
