#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catena/testing/test_chain.hpp"
#include "plugins/builtin.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"
#include "support/options.hpp"
#include "support/temp_dir.hpp"

namespace catena::plugins {
Plugin route();
}

namespace {

using namespace catena;
using namespace catena::testing;

/// Answers with its text and the path, or passes on when it has no text; keeps what it was told.
struct SayOptions {
  std::string text;
};

class Say : public Handler {
 public:
  Say(SayOptions options, std::vector<std::string>& journal)
      : text_(std::move(options.text)), journal_(journal) {}
  void handle(Exchange& exchange, Next& next) const override {
    if (text_.empty()) return next(exchange);
    answer(exchange, text_ + " " + std::string(exchange.path()));
  }
  void finished(const Exchange&, const Sent& sent) const noexcept override {
    journal_.push_back(text_ + " finished " + std::to_string(code(sent.status)));
  }
  void take_over(const Handler& predecessor) override {
    journal_.push_back(text_ + " after " + dynamic_cast<const Say&>(predecessor).text_);
  }
  void start() override { journal_.push_back(text_ + " start"); }
  void stop() noexcept override { journal_.push_back(text_ + " stop"); }

 private:
  std::string text_;
  std::vector<std::string>& journal_;
};

/// A chain with one route handler, and behind it one that answers "behind".
class Routed {
 public:
  explicit Routed(const std::string& routes) {
    plugins::add_builtin(registry_);
    config::Fields<SayOptions> fields;
    fields.add("text", &SayOptions::text, "What is said.");
    registry_.add(describe("say", "Says something.", fields, [this](SayOptions options) {
      return std::make_unique<Say>(std::move(options), journal);
    }));
    chain.plugins(registry_).root(files.path());
    chain.add(plugins::route(), "{\"routes\": " + routes + "}");
    chain.add([](Exchange& exchange, Next&) {
      answer(exchange, "behind " + std::string(exchange.path()));
    });
  }

  std::string get(std::string_view target, const TestChain::Fields& fields = {}) {
    return chain.get(target, fields).body;
  }
  std::string get_from(const std::string& host, std::string_view target = "/") {
    const auto responses =
        chain.exchange("GET " + std::string(target) + " HTTP/1.1\r\nHost: " + host +
                       "\r\nConnection: close\r\n\r\n");
    return responses.at(0).body;
  }

  TempDir files;
  std::vector<std::string> journal;
  TestChain chain;

 private:
  Registry registry_;
};

std::string say(const std::string& text) {
  return R"("chain": [{"plugin": "say", "text": ")" + text + "\"}]";
}

}  // namespace

TEST_CASE("route takes the first that matches, and passes on what none takes", "[plugins]") {
  Routed site("[{\"path\": [\"/a/b\"], " + say("first") + "}, {\"path\": [\"/a\", \"/c/\"], " +
              say("second") + "}]");
  CHECK(site.get("/a/b") == "first /a/b");
  CHECK(site.get("/a/b/c") == "first /a/b/c");
  CHECK(site.get("/a") == "second /a");
  CHECK(site.get("/a/bc") == "second /a/bc");
  CHECK(site.get("/c") == "second /c");
  CHECK(site.get("/ab") == "behind /ab");
  CHECK(site.get("/") == "behind /");
  // Encoded or not, a path is matched as handlers see it.
  CHECK(site.get("/%61//./b") == "first /a/b");
  CHECK(site.get("/x/../a") == "second /a");
}

TEST_CASE("route without conditions takes everything", "[plugins]") {
  Routed site("[{\"method\": [\"POST\"], " + say("post") + "}, {" + say("rest") + "}]");
  CHECK(site.get("/x") == "rest /x");
  CHECK(site.chain.request("POST", "/x").body == "post /x");
  CHECK(site.chain.request("OPTIONS", "*").body == "rest ");
}

TEST_CASE("route serves virtual hosts", "[plugins]") {
  Routed site(R"([{"host": ["example.com", "[::1]"], )" + say("one") +
              R"(}, {"host": ["*.example.com"], )" + say("below") + "}]");
  CHECK(site.get_from("example.com") == "one /");
  CHECK(site.get_from("EXAMPLE.com:8080") == "one /");
  CHECK(site.get_from("[::1]:80") == "one /");
  CHECK(site.get_from("a.b.example.com") == "below /");
  CHECK(site.get_from("example.org") == "behind /");
  // The target's authority is what counts, when it has one.
  CHECK(site.get_from("example.org", "http://example.com/x") == "one /x");
}

TEST_CASE("route matches patterns, methods and fields, all that are there", "[plugins]") {
  Routed site(R"([{"pattern": ["/users/*/photos"], "method": ["GET"], )" + say("photos") +
              R"(}, {"header": {"X-Version": "2", "x-any": "*"}, )" + say("two") + "}]");
  CHECK(site.get("/users/ada/photos") == "photos /users/ada/photos");
  CHECK(site.chain.request("POST", "/users/ada/photos").body == "behind /users/ada/photos");
  CHECK(site.get("/", {{"x-version", "2"}, {"X-Any", "thing"}}) == "two /");
  CHECK(site.get("/", {{"x-version", "1"}, {"x-version", "2"}, {"X-Any", "thing"}}) == "two /");
  CHECK(site.get("/", {{"x-version", "2"}}) == "behind /");
  CHECK(site.get("/", {{"x-version", "22"}, {"X-Any", ""}}) == "behind /");
}

TEST_CASE("route gives a chain a root of its own, and those around it keep theirs", "[plugins]") {
  const TempDir other;
  other.write("page.html", "other page");
  Routed site(R"([{"path": ["/page.html"], "root": ")" + other.path().string() +
              R"(", "chain": [{"plugin": "static_file"}]},
                 {"path": ["/mine.html"], "chain": [{"plugin": "static_file"}]}])");
  site.files.write("page.html", "own page");
  site.files.write("mine.html", "mine");
  CHECK(site.get("/page.html") == "other page");
  CHECK(site.get("/mine.html") == "mine");
}

TEST_CASE("route hands nothing on to what stands behind it once a route is taken", "[plugins]") {
  Routed site(R"([{"path": ["/a"], "chain": [{"plugin": "say"}]}])");
  CHECK(site.chain.get("/a").status == 404);
  CHECK(site.chain.get("/b").status == 200);
}

TEST_CASE("route tells the end of a request to the chain that took it, and to no other",
          "[plugins]") {
  Routed site("[{\"path\": [\"/a\"], " + say("a") + "}, {\"path\": [\"/b\"], " + say("b") + "}]");
  const auto told = [&site](std::string_view target) {
    site.journal.clear();
    site.chain.get(target);
    return site.journal;
  };
  site.chain.get("/");
  CHECK(site.journal == std::vector<std::string>{"a start", "b start"});
  CHECK(told("/a") == std::vector<std::string>{"a finished 200"});
  CHECK(told("/b") == std::vector<std::string>{"b finished 200"});
  CHECK(told("/c").empty());
  site.journal.clear();
  site.chain.exchange("not HTTP\r\n\r\n");
  CHECK(site.journal.empty());
}

TEST_CASE("route wants the duration when a handler in one of its chains does", "[plugins]") {
  Registry registry;
  plugins::add_builtin(registry);
  config::Diagnostics diagnostics;
  const auto wants = [&](const std::string& handler) {
    const auto entry =
        config::parse(R"({"routes": [{"path": ["/a"], "chain": [{"plugin": "static_file"}]}, )"
                      R"({"chain": [)" +
                          handler + "]}]}",
                      "site.json", "/", diagnostics);
    REQUIRE(entry);
    ChainBuilder builder(registry, diagnostics, true);
    const auto route = plugins::route().make(*entry, builder);
    REQUIRE(route);
    return route->wants_duration();
  };
  CHECK_FALSE(wants(R"({"plugin": "access_log"})"));
  CHECK(wants(R"({"plugin": "access_log", "format": "json"})"));
}

TEST_CASE("route may stand in the chain of a route", "[plugins]") {
  Routed site(R"([{"host": ["a"], "chain": [{"plugin": "route", "routes": [{"path": ["/x"], )" +
              say("inner") + R"(}]}, {"plugin": "say", "text": "outer"}]}])");
  CHECK(site.get_from("a", "/x") == "inner /x");
  CHECK(site.get_from("a", "/y") == "outer /y");
  CHECK(site.get_from("b", "/x") == "behind /x");
  site.journal.clear();
  site.get_from("a", "/x");
  CHECK(site.journal == std::vector<std::string>{"inner finished 200", "outer finished 200"});
}

TEST_CASE("route lets the handlers of its chains take over, route by route", "[plugins]") {
  std::vector<std::string> journal;
  Registry registry;
  plugins::add_builtin(registry);
  config::Fields<SayOptions> fields;
  fields.add("text", &SayOptions::text, "What is said.");
  registry.add(describe("say", "Says something.", fields, [&journal](SayOptions options) {
    return std::make_unique<Say>(std::move(options), journal);
  }));
  config::Diagnostics diagnostics;
  const auto build = [&](const std::string& routes) {
    const auto chain = config::parse(R"([{"plugin": "route", "routes": )" + routes + "}]", "chain",
                                     {}, diagnostics);
    return ChainBuilder(registry, diagnostics, true).build({*chain});
  };
  const auto before =
      build(R"([{"path": ["/a"], )" + say("one") + R"(}, {"path": ["/b"], )" + say("two") + "}]");
  const auto after = build(R"([{"path": ["/b"], )" + say("three") + R"(}, {"path": ["/a"], )" +
                           say("four") + R"(}, {)" + say("five") + "}]");
  REQUIRE(diagnostics.empty());
  after->take_over(*before);
  CHECK(journal == std::vector<std::string>{"three after one", "four after two"});
}

TEST_CASE("route says what is wrong with its options", "[plugins]") {
  const auto told = [](const std::string& options) {
    static const Registry registry = [] {
      Registry all;
      plugins::add_builtin(all);
      return all;
    }();
    try {
      TestChain().plugins(registry).add(plugins::route(), options);
      return std::string();
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
  };
  const std::string chain = R"("chain": [{"plugin": "method_filter"}])";
  CHECK(told("{}") == "options:1:1: missing option \"routes\" of route\n");
  CHECK(told(R"({"routes": []})") == "options:1:12: /routes: expected at least 1 entry, got 0\n");
  CHECK(told(R"({"routes": [{"host": ["a:80"], )" + chain + "}]}") ==
        "options:1:23: /routes/0/host/0: expected a host without a port, or \"*.\" and a name, got "
        "\"a:80\"\n");
  CHECK(told(R"({"routes": [{"path": ["a"], )" + chain + "}]}") ==
        "options:1:23: /routes/0/path/0: expected a path that begins with \"/\", decoded "
        "(\"/a b\", not \"/a%20b\"), without \"//\", \".\" and \"..\", got \"a\"\n");
  CHECK(told(R"({"routes": [{"pattern": ["/a**"], )" + chain + "}]}") ==
        "options:1:26: /routes/0/pattern/0: expected a path that begins with \"/\", decoded, "
        "without \"//\", \".\" and \"..\", in which \"**\" stands alone in its segment, got "
        "\"/a**\"\n");
  CHECK(told(R"({"routes": [{"method": ["get"], )" + chain + "}]}") ==
        "options:1:25: /routes/0/method/0: expected a method name as it is sent (\"GET\", not "
        "\"get\"), got \"get\"\n");
  for (const char* never : {"/a%20b", "/a//b", "/./a", "/a/..", "/%2e"}) {
    INFO(never);
    for (const std::string condition : {"path", "pattern"}) {
      const std::string text =
          told("{\"routes\": [{\"" + condition + "\": [\"" + never + "\"], " + chain + "}]}");
      CHECK_THAT(text, ContainsSubstring(std::string(", got \"") + never + "\"\n"));
    }
  }
  for (const char* plain : {"/", "/a b/", "/100%", "/a.b/..c", "/%zz"}) {
    INFO(plain);
    CHECK(
        told(R"({"routes": [{"path": [")" + std::string(plain) + "\"], " + chain + "}]}").empty());
  }
  for (const std::string condition : {"host", "path", "pattern", "method"}) {
    CHECK_THAT(
        told("{\"routes\": [{\"" + condition + "\": [], " + chain + "}]}"),
        ContainsSubstring("/routes/0/" + condition + ": expected at least 1 entry, got 0\n"));
  }
  CHECK_THAT(told("{\"routes\": [{\"header\": {}, " + chain + "}]}"),
             ContainsSubstring("/routes/0/header: expected at least 1 entry, got 0\n"));
  CHECK(told("{\"routes\": [{" + chain + "}, {\"path\": [\"/a\"], " + chain + "}]}") ==
        "options:1:55: /routes/1: this route is never taken: the one before it has no conditions, "
        "and takes all\n");
  CHECK(told(R"({"routes": [{"root": "no/such", )" + chain + "}]}") ==
        "options:1:22: /routes/0/root: can't serve from no/such: No such file or directory; name a "
        "directory that is there\n");
  CHECK(told(R"({"routes": [{"chain": [{"plugin": "method_fliter"}]}]})") ==
        "options:1:35: /routes/0/chain/0/plugin: no plugin \"method_fliter\"; did you mean "
        "\"method_filter\"?\n");
}

TEST_CASE("nothing may stand behind a route that takes everything", "[plugins]") {
  Registry registry;
  plugins::add_builtin(registry);
  const auto told = [&registry](const std::string& routes) {
    config::Diagnostics diagnostics;
    const auto chain = config::parse(
        R"([{"plugin": "route", "routes": )" + routes + R"(}, {"plugin": "error_pages"}])", "chain",
        {}, diagnostics);
    ChainBuilder(registry, diagnostics, false).build({*chain});
    return diagnostics.empty() ? std::string() : diagnostics.all()[0].text();
  };
  const std::string chain = R"("chain": [{"plugin": "traversal_guard"}]})";
  CHECK(told(R"([{"path": ["/a"], )" + chain + "]").empty());
  CHECK(told(R"([{"path": ["/a"], )" + chain + ", {" + chain + "]") ==
        "chain:1:139: /1: error_pages is never reached: route, which stands before it, passes "
        "nothing on");
  // What stands in a chain of its own has nothing behind it that is not reached.
  CHECK(told(R"([{"path": ["/a"], "chain": [{"plugin": "route", "routes": [{)" + chain + "]}]}]")
            .empty());
}
