#include "catena/serve/expectations.hpp"

#include <memory>
#include <string>
#include <string_view>

#include "catena/plugin/registry.hpp"
#include "catena/serve/configuration.hpp"
#include "catena/serve/rehearsal.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"

using namespace catena;
using namespace catena::testing;

namespace {

struct Nothing {};

/// Answers by the path, tells in fields what it was asked, and can't be started.
class Site : public Handler {
 public:
  void handle(Exchange& exchange, Next&) const override {
    if (exchange.path() == "/missing") return;
    exchange.response.headers.set("X-Host", exchange.request.host);
    exchange.response.headers.set("X-Dry-Run", exchange.dry_run ? "yes" : "no");
    answer(exchange, "hello from the site");
  }
  void start() override { throw std::runtime_error("nobody may start this"); }
};

/// What is said about a configuration with one handler and these expectations.
std::string complaints(std::string_view expect) {
  Registry registry;
  registry.add(describe("site", "Answers.", config::Fields<Nothing>(),
                        [](Nothing) { return std::make_unique<Site>(); }));
  config::Diagnostics diagnostics;
  const auto document = config::parse(
      "{\"chain\": [{\"plugin\": \"site\"}],\n \"expect\": " + std::string(expect) + "}", "t.json",
      {}, diagnostics);
  REQUIRE(document);
  const auto configuration = load_configuration(*document, {}, registry, diagnostics);
  if (configuration) {
    const bool met = meets_expectations(*configuration, *document, diagnostics);
    CHECK(met == diagnostics.empty());
  }
  diagnostics.sort();
  std::string text;
  for (const config::Diagnostic& diagnostic : diagnostics.all()) {
    text.append(diagnostic.text()).append("\n");
  }
  return text;
}

constexpr std::string_view hint = "; `catena explain` shows its walk through the chain\n";

}  // namespace

TEST_CASE("what a configuration expects of itself is tried without a socket", "[configuration]") {
  CHECK(complaints(R"([
    {"request": "GET /", "status": 200, "header": {"X-Host": "localhost", "x-dry-run": "yes"},
     "body": "from the"},
    {"request": "/missing", "status": 404},
    {"request": "HEAD /", "header": {"Content-Length": "19", "Date": "*"}},
    {"request": "POST /", "with": {"host": "example.com"}, "header": {"X-Host": "example.com"}},
    {"request": "GET /%zz", "status": 400}])")
            .empty());
  CHECK(complaints("[]").empty());
}

TEST_CASE("what is not met is told where it was expected", "[configuration]") {
  CHECK(complaints(R"([{"request": "GET /", "status": 404}])") ==
        "t.json:2:44: /expect/0/status: \"GET /\" is answered 200, not 404" + std::string(hint));
  CHECK(complaints(R"([{"request": "/", "header": {"X-Host": "a", "X-No": "*"}}])") ==
        "t.json:2:51: /expect/0/header/X-Host: \"/\" is answered with X-Host: localhost, not a" +
            std::string(hint) +
            "t.json:2:64: /expect/0/header/X-No: \"/\" is answered without X-No" +
            std::string(hint));
  CHECK(complaints(R"([{"request": "/", "body": "bye"}])") ==
        "t.json:2:38: /expect/0/body: \"/\" has an answer that does not contain \"bye\"" +
            std::string(hint));
}

TEST_CASE("expectations that can't be read are told as other options are", "[configuration]") {
  CHECK(complaints(R"([{"request": "GET", "status": 99, "with": {"a b": "c"}}])") ==
        "t.json:2:25: /expect/0/request: expected a method and a target, as in \"GET /\", got "
        "\"GET\"\n"
        "t.json:2:42: /expect/0/status: expected 200 to 599, got 99\n"
        "t.json:2:55: /expect/0/with/a b: expected a field name, got \"a b\"\n");
}

TEST_CASE("a request as people write it", "[configuration]") {
  const auto get = parse_rehearsed("/a?b");
  REQUIRE(get);
  CHECK(get->bytes() == "GET /a?b HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto options = parse_rehearsed("OPTIONS *");
  REQUIRE(options);
  CHECK(options->method == "OPTIONS");
  for (const std::string_view text :
       {"", " ", "GET", "GET ", " /", "GET / HTTP/1.1", "G(T /", "/ /"}) {
    CAPTURE(std::string(text));
    CHECK_FALSE(parse_rehearsed(text));
  }
}
