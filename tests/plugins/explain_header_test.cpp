#include <memory>
#include <stdexcept>
#include <string>

#include "catena/config/document.hpp"
#include "catena/pipeline/trace.hpp"
#include "catena/plugin/chain_builder.hpp"
#include "catena/testing/test_chain.hpp"
#include "plugins/builtin.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"
#include "support/quiet_log.hpp"

namespace catena::plugins {
Plugin explain_header();
Plugin method_filter();
Plugin route();
}  // namespace catena::plugins

using namespace catena;
using namespace catena::testing;

namespace {

const std::string token = "0123456789abcdef";
const std::string field = "X-Catena-Explain";

/// A chain with the handler outermost.
struct Explained {
  Explained() { chain.add(plugins::explain_header(), R"({"token": ")" + token + R"("})"); }
  HttpResponse get(const std::string& given) { return chain.get("/", {{field, given}}); }
  TestChain chain;
};

/// The walk without its times.
std::string walk(const HttpResponse& response) {
  const std::string text = response.header(field);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    const std::size_t unit = word.find("us");
    const bool is_time = unit != std::string::npos && word.find('.') < unit;
    out += (out.empty() ? "" : " ") + (is_time ? "*" + word.substr(unit + 2) : word);
    at = end + 1;
  }
  return out;
}

}  // namespace

TEST_CASE("explain_header tells the walk to a request with the token", "[explain_header]") {
  Explained explained;
  explained.chain.add(plugins::method_filter(), R"({"allow": ["GET"]})");
  explained.chain.add([](Exchange& exchange, Next&) {
    exchange.note("it is ", "asked to");
    answer(exchange, "text");
  });
  const HttpResponse got = explained.get(token);
  CHECK(got.body == "text");
  CHECK(walk(got) == "method_filter passed on *; function answered * (it is asked to)");
  CHECK(got.header("Cache-Control") == "no-store");

  const HttpResponse refused = explained.chain.request("POST", "/", {{field, token}});
  CHECK(refused.status == 405);
  CHECK(walk(refused) == "method_filter answered * (POST is not among GET)");
}

TEST_CASE("explain_header tells nothing without the token", "[explain_header]") {
  Explained explained;
  Trace* trace = nullptr;
  explained.chain.add([&trace](Exchange& exchange, Next&) {
    trace = exchange.trace;
    exchange.response.headers.set("Cache-Control", "max-age=60");
    answer(exchange, "text");
  });
  for (const std::string& given :
       {std::string(""), std::string("0123456789abcdeF"), std::string("1123456789abcdef"),
        std::string("0123456789abcde"), std::string("0123456789abcdef0"),
        std::string("0123456789ABCDEF")}) {
    INFO(given);
    const HttpResponse response = explained.get(given);
    CHECK_FALSE(response.has(field));
    CHECK(response.header("Cache-Control") == "max-age=60");
    CHECK(trace == nullptr);
  }
  CHECK_FALSE(explained.chain.get("/").has(field));
}

TEST_CASE("explain_header tells of exceptions, and of chains within", "[explain_header]") {
  const QuietLog quiet;
  Registry registry;
  plugins::add_builtin(registry);
  Explained explained;
  explained.chain.plugins(registry);
  explained.chain.add(plugins::route(), R"({"routes": [{"method": ["PUT"], "chain":
      [{"plugin": "method_filter", "allow": ["GET"]}]}]})");
  explained.chain.add([](Exchange&, Next&) { throw std::runtime_error("a secret\r\nX: y"); });
  const HttpResponse thrown = explained.get(token);
  CHECK(thrown.status == 500);
  CHECK(walk(thrown) ==
        "route passed on * (no route matches); "
        "function answered * (it threw: a secret??X: y)");
  CHECK_FALSE(thrown.has("X"));
  CHECK(walk(explained.chain.request("PUT", "/", {{field, token}})) ==
        "route ran a chain of its own * (route 0, by method); "
        ">method_filter answered * (PUT is not among GET)");
}

TEST_CASE("explain_header cuts a walk that gets too long", "[explain_header]") {
  Explained explained;
  explained.chain.add([](Exchange& exchange, Next&) {
    exchange.note(std::string(10'000, 'x'));
    answer(exchange, "text");
  });
  const std::string value = explained.get(token).header(field);
  CHECK(value.size() == 2048);
  CHECK(value.ends_with("xxx..."));
}

TEST_CASE("explain_header leaves a walk that is written down already to whoever asked for it",
          "[explain_header]") {
  Trace outer;
  TestChain chain;
  chain.add([&outer](Exchange& exchange, Next& next) {
    exchange.trace = &outer;
    outer.enter_chain();
    next(exchange);
    outer.leave_chain();
    exchange.trace = nullptr;
  });
  chain.add(plugins::explain_header(), R"({"token": ")" + token + R"("})");
  chain.add([](Exchange& exchange, Next&) { answer(exchange, "text"); });
  const HttpResponse response = chain.get("/", {{field, token}});
  CHECK_THAT(walk(response), ContainsSubstring("; function answered *"));
  REQUIRE(outer.steps().size() == 2);
  CHECK(outer.steps()[0].handler == "explain_header");
  CHECK(outer.steps()[0].after.size() == 2);
}

TEST_CASE("explain_header with nothing behind it says so", "[explain_header]") {
  CHECK(Explained().get(token).header(field) == "nothing stands behind");
}

TEST_CASE("explain_header wants a token that can't be guessed", "[explain_header]") {
  TestChain chain;
  for (const char* options : {"{}", R"({"token": "0123456789abcde"})",
                              R"({"token": "0123456789 abcdef"})", R"({"token": ""})"}) {
    INFO(options);
    CHECK_THROWS_AS(chain.add(plugins::explain_header(), options), std::invalid_argument);
  }
  CHECK_THROWS_WITH(chain.add(plugins::explain_header(), R"({"token": "too-short"})"),
                    "options:1:11: /token: expected at least 16 visible ASCII characters, without "
                    "spaces; what stands there is a secret, and not shown\n");
}

TEST_CASE("explain_header does not stand behind error_pages", "[explain_header]") {
  Registry registry;
  plugins::add_builtin(registry);
  config::Diagnostics diagnostics;
  const auto chain = config::parse(
      R"([{"plugin": "error_pages"}, {"plugin": "explain_header", "token": "0123456789abcdef"}])",
      "chain", {}, diagnostics);
  REQUIRE(chain);
  ChainBuilder(registry, diagnostics, false).build({*chain});
  REQUIRE(diagnostics.size() == 1);
  CHECK(
      diagnostics.all()[0].text() ==
      "chain:1:29: /1: explain_header must stand before error_pages: it tells only of what stands "
      "behind it, error pages among them");
}
