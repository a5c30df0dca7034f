#include <string>
#include <utility>
#include <vector>

#include "catena/testing/test_chain.hpp"
#include "support/catch.hpp"
#include "support/options.hpp"

namespace catena::plugins {
Plugin method_filter();
}

namespace {

using catena::Exchange;
using catena::Next;
using catena::Status;
using catena::plugins::method_filter;
using catena::testing::complaints;
using catena::testing::TestChain;

void answer(Exchange& exchange, Next&) {
  exchange.response.set_status(Status::ok);
  exchange.response.body.own("behind");
}

TEST_CASE("method_filter lets GET and HEAD through unless told otherwise", "[plugins]") {
  TestChain chain;
  chain.add(method_filter()).add(answer);
  CHECK(chain.get("/").body == "behind");
  CHECK(chain.request("HEAD", "/").status == 200);
}

TEST_CASE("method_filter answers 405 to every other method, with an Allow field", "[plugins]") {
  for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"}) {
    int calls = 0;
    TestChain chain;
    chain.add(method_filter()).add([&calls](Exchange&, Next&) { ++calls; });
    const auto response = chain.request(method, "/", {}, "content");
    INFO(method);
    CHECK(response.status == 405);
    CHECK(response.reason == "Method Not Allowed");
    CHECK(response.header("Allow") == "GET, HEAD");
    CHECK(response.body.empty());
    CHECK(calls == 0);
  }
}

TEST_CASE("method_filter lists in Allow what it was given, in that order", "[plugins]") {
  TestChain chain;
  chain.add(method_filter(), R"({"allow": ["PUT", "GET", "x-purge"]})").add(answer);
  CHECK(chain.request("PUT", "/").status == 200);
  CHECK(chain.request("x-purge", "/").status == 200);
  const auto response = chain.request("DELETE", "/");
  CHECK(response.status == 405);
  CHECK(response.header("Allow") == "PUT, GET, x-purge");
}

TEST_CASE("method_filter compares methods literally", "[plugins]") {
  TestChain chain;
  chain.add(method_filter(), R"({"allow": ["GET"]})").add(answer);
  CHECK(chain.get("/").status == 200);
  for (const std::string method : {"HEAD", "get", "Get", "GETS", "GE"}) {
    INFO(method);
    const auto response = chain.request(method, "/");
    CHECK(response.status == 405);
    CHECK(response.header("Allow") == "GET");
  }
}

TEST_CASE("method_filter looks at the method alone", "[plugins]") {
  TestChain chain;
  chain.add(method_filter(), R"({"allow": ["OPTIONS"]})").add(answer);
  CHECK(chain.request("OPTIONS", "*").status == 200);
  CHECK(chain.request("OPTIONS", "/../x").status == 200);
  CHECK(chain.get("/").status == 405);
}

TEST_CASE("a refused method leaves the connection usable", "[plugins]") {
  TestChain chain;
  chain.add(method_filter()).add(answer);
  const auto responses = chain.exchange(
      "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n\r\nbody"
      "GET / HTTP/1.1\r\nHost: test\r\n\r\n");
  REQUIRE(responses.size() == 2);
  CHECK(responses[0].status == 405);
  CHECK(responses[1].status == 200);
}

TEST_CASE("method_filter says what is wrong with its options", "[plugins]") {
  const std::string method = R"(a method name as it is sent ("GET", not "get"))";
  const std::vector<std::pair<const char*, std::string>> cases{
      {R"({"allow": ["GET", "G T"]})",
       "options:1:19: /allow/1: expected " + method + R"(, got "G T")"},
      {R"({"allow": [""]})", "options:1:12: /allow/0: expected " + method + R"(, got "")"},
      {R"({"allow": ["get"]})", "options:1:12: /allow/0: expected " + method + R"(, got "get")"},
      {R"({"allow": []})", R"(options:1:11: /allow: expected at least 1 entry, got 0)"},
      {R"({"allow": "GET"})", R"(options:1:11: /allow: expected an array, got a string)"},
      {R"({"allow": ["GET", 5]})", R"(options:1:19: /allow/1: expected a string, got a number)"},
      {R"({"alow": ["GET"]})",
       R"(options:1:2: /alow: unknown option of method_filter; did you mean "allow"?)"},
  };
  for (const auto& [options, complaint] : cases) {
    CHECK(complaints(method_filter(), options) == complaint + "\n");
  }
}

}  // namespace
