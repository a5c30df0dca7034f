#include "catena/serve/expectations.hpp"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "catena/plugin/registry.hpp"
#include "catena/serve/configuration.hpp"
#include "catena/serve/rehearsal.hpp"
#include "support/captured_output.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"
#include "support/process.hpp"
#include "support/quiet_log.hpp"

using namespace catena;
using namespace catena::testing;

namespace {

struct Nothing {};

constexpr std::size_t more_than_is_kept = most_rehearsed + 1;

/// So many bytes.
class Long : public BodySource {
 public:
  std::size_t read(std::span<char> into) override {
    const std::size_t size = std::min(into.size(), left_);
    std::fill_n(into.begin(), size, 'x');
    left_ -= size;
    return size;
  }

 private:
  std::size_t left_ = more_than_is_kept;
};

/// Fails after so many pieces.
class Broken : public BodySource {
 public:
  explicit Broken(int pieces) : pieces_(pieces) {}
  std::size_t read(std::span<char> into) override {
    if (pieces_-- == 0) throw std::runtime_error("on purpose");
    into[0] = '.';
    return 1;
  }

 private:
  int pieces_;
};

/// Answers by the path, tells in fields what it was asked, and can't be started.
class Site : public Handler {
 public:
  explicit Site(const std::function<void()>& work) : work_(work) {}
  void handle(Exchange& exchange, Next&) const override {
    if (exchange.path() == "/work") work_();
    if (exchange.path().starts_with("/cut")) {
      exchange.response.set_status(Status::ok);
      return exchange.response.body.stream(
          std::make_unique<Broken>(exchange.path() == "/cut" ? 1 : 0));
    }
    if (exchange.path().starts_with("/long")) {
      exchange.response.set_status(Status::ok);
      return exchange.path() == "/long"
                 ? exchange.response.body.stream(std::make_unique<Long>(), more_than_is_kept)
                 : exchange.response.body.stream(std::make_unique<Long>());
    }
    if (exchange.path() == "/missing") return;
    exchange.response.headers.set("X-Host", exchange.request.host);
    exchange.response.headers.set("X-Dry-Run", exchange.dry_run ? "yes" : "no");
    answer(exchange, "hello from the site");
  }
  void start() override { throw std::runtime_error("nobody may start this"); }

 private:
  const std::function<void()>& work_;
};

/// What is said about a configuration with one handler and these expectations.
std::string complaints(std::string_view expect, const std::function<void()>& work = {},
                       RehearsalWatch* watch = nullptr) {
  Registry registry;
  registry.add(describe("site", "Answers.", config::Fields<Nothing>(),
                        [&work](Nothing) { return std::make_unique<Site>(work); }));
  config::Diagnostics diagnostics;
  const auto document = config::parse(
      R"({"server": {"timeouts": {"handler": "20ms"}}, "chain": [{"plugin": "site"}],)"
      "\n \"expect\": " +
          std::string(expect) + "}",
      "t.json", {}, diagnostics);
  REQUIRE(document);
  const auto configuration = load_configuration(*document, {}, registry, diagnostics);
  if (configuration) {
    const bool met = meets_expectations(*configuration, *document, diagnostics, watch);
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

TEST_CASE("what an expectation hangs at is told to the log, once, and to who watches",
          "[configuration]") {
  const CapturedOutput log(STDERR_FILENO);
  const std::string at = "site on \"GET /work HTTP/1.1\" from 127.0.0.1";
  const std::string line = "a dry run has not ended after 0.02 s: " + at + "\n";
  RehearsalWatch watch;
  CHECK(watch.at_work().empty());
  std::string seen;
  CHECK(complaints(R"([{"request": "/", "status": 200}, {"request": "/work", "status": 200}])",
                   [&] {
                     seen = watch.at_work();
                     eventually([&] { return log.text().find(line) != std::string::npos; });
                   },
                   &watch)
            .empty());
  CHECK(seen == at);
  CHECK(watch.at_work().empty());
  CHECK(log.text().find("a dry run") == log.text().rfind("a dry run"));
}

TEST_CASE("an answer that is cut off meets nothing", "[configuration]") {
  const QuietLog quiet;
  CHECK(complaints(R"([{"request": "/cut", "status": 200}])") ==
        "t.json:2:25: /expect/0/request: \"/cut\" has an answer that is cut off, because its body "
        "failed" +
            std::string(hint));
  CHECK(complaints(R"([{"request": "/cut/at/once", "status": 200}])") ==
        "t.json:2:25: /expect/0/request: \"/cut/at/once\" gets no answer, because its body failed "
        "at once" +
            std::string(hint));
}

TEST_CASE("of a long answer a dry run keeps a part", "[configuration]") {
  const QuietLog quiet;
  CHECK(complaints(R"([{"request": "/long", "status": 200, "body": "xxx"}])").empty());
  CHECK(complaints(R"([{"request": "/long", "body": "y"}])") ==
        "t.json:2:42: /expect/0/body: \"/long\" has an answer whose first 64 MiB do not contain "
        "\"y\"" +
            std::string(hint));
  CHECK(
      complaints(R"([{"request": "/long/endless", "status": 200}])") ==
      "t.json:2:25: /expect/0/request: \"/long/endless\" has an answer of more than 64 MiB and of "
      "unknown length, as if it had no end" +
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
