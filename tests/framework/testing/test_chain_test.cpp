#include "catena/testing/test_chain.hpp"

#include <memory>
#include <stdexcept>
#include <string>

#include "catena/config/fields.hpp"
#include "support/catch.hpp"
#include "support/quiet_log.hpp"

using namespace catena;
using namespace catena::testing;

namespace {

struct Options {
  std::string text = "default";
  int times = 1;
};

class Repeat : public Handler {
 public:
  explicit Repeat(Options options) : options_(std::move(options)) {}
  void handle(Exchange& exchange, Next&) const override {
    exchange.response.set_status(Status::ok);
    for (int time = 0; time < options_.times; ++time) exchange.response.body.append(options_.text);
  }

 private:
  Options options_;
};

Plugin repeat() {
  config::Fields<Options> fields;
  fields.add("text", &Options::text, "What is said.");
  fields.add("times", &Options::times, "How often.").between(1, 9);
  return describe("repeat", "Says something several times.", std::move(fields),
                  [](Options options) { return std::make_unique<Repeat>(std::move(options)); });
}

/// Counts its starts and stops.
class Counting : public Handler {
 public:
  explicit Counting(std::string& journal) : journal_(journal) {}
  void handle(Exchange&, Next&) const override { journal_ += "handle "; }
  void start() override { journal_ += "start "; }
  void stop() noexcept override { journal_ += "stop "; }

 private:
  std::string& journal_;
};

}  // namespace

TEST_CASE("a test chain makes handlers from plugins and their options", "[test_chain]") {
  TestChain defaults;
  CHECK(defaults.add(repeat()).get("/").body == "default");
  TestChain chosen;
  CHECK(chosen.add(repeat(), R"({"text": "Hi", "times": 2})").get("/").body == "HiHi");
}

TEST_CASE("a test chain throws what is wrong with options", "[test_chain]") {
  TestChain chain;
  CHECK_THROWS_AS(chain.add(repeat(), R"({"times": 10})"), std::invalid_argument);
  CHECK_THROWS_WITH(chain.add(repeat(), R"({"txt": "Hi", "times": "2"})"),
                    ContainsSubstring("options:1:2: /txt: ") &&
                        ContainsSubstring("did you mean \"text\"?\n") &&
                        ContainsSubstring("options:1:24: /times: expected "));
  CHECK_THROWS_AS(chain.add(repeat(), "nonsense"), std::invalid_argument);
  // Nothing of that is in the chain.
  CHECK(chain.get("/").status == 404);
}

TEST_CASE("a test chain sends requests as a client would", "[test_chain]") {
  TestChain chain;
  chain.add([](Exchange& exchange, Next&) {
    exchange.response.set_status(Status::ok);
    exchange.response.body.append(exchange.request.line);
    for (const Field field : exchange.request.headers) {
      exchange.response.body.append("|");
      exchange.response.body.append(field.name);
      exchange.response.body.append("=");
      exchange.response.body.append(field.value);
    }
  });
  CHECK(chain.get("/a?b", {{"X", "y"}}).body == "GET /a?b HTTP/1.1|Host=test|X=y");
  CHECK(chain.request("PUT", "/", {}, "four").body == "PUT / HTTP/1.1|Host=test|Content-Length=4");
  const HttpResponse head = chain.request("HEAD", "/");
  CHECK(head.body.empty());
  CHECK(head.complete);
  CHECK(head.header("Content-Length") == "25");
}

TEST_CASE("a test chain's handlers start with the first request and stop at the end",
          "[test_chain]") {
  std::string journal;
  {
    TestChain chain;
    chain.add("counting", std::make_unique<Counting>(journal));
    CHECK(journal.empty());
    chain.get("/");
    chain.get("/");
  }
  CHECK(journal == "start handle handle stop ");
}

TEST_CASE("a chain of plugins is tried before it is started", "[test_chain]") {
  struct Nothing {};
  class Telling : public Handler {
   public:
    explicit Telling(std::string& journal) : journal_(journal) {}
    void handle(Exchange& exchange, Next&) const override {
      journal_ += exchange.dry_run ? "dry " : "wet ";
      journal_ += std::string(exchange.request.line) + "; ";
      exchange.response.set_status(Status::ok);
      exchange.response.body.stream(std::make_unique<Endless>(exchange.dry_run ? -1 : 3));
    }
    void start() override { journal_ += "start; "; }

   private:
    /// So many pieces, or ever more of them.
    class Endless : public BodySource {
     public:
      explicit Endless(int pieces) : pieces_(pieces) {}
      std::size_t read(std::span<char> into) override {
        if (pieces_ == 0) return 0;
        --pieces_;
        into[0] = '.';
        return 1;
      }

     private:
      int pieces_;
    };
    std::string& journal_;
  };
  std::string journal;
  const Plugin telling =
      describe("telling", "Tells.", config::Fields<Nothing>(),
               [&journal](Nothing) { return std::make_unique<Telling>(journal); });
  const std::string get = "GET /a HTTP/1.1; ";
  SECTION("by the first request") {
    TestChain chain;
    chain.add(telling);
    CHECK(chain.get("/a").body == "...");
    CHECK(chain.get("/a").body == "...");
    CHECK(journal == "dry " + get + "start; wet " + get + "wet " + get);
  }
  SECTION("not where there are handlers of the test's own") {
    TestChain chain;
    chain.add(telling).add([](Exchange&, Next&) {});
    chain.get("/a");
    CHECK(journal == "start; wet " + get);
  }
}

TEST_CASE("a test chain for a dry run does not start its handlers", "[test_chain]") {
  std::string journal;
  TestChain chain;
  chain.add("counting", std::make_unique<Counting>(journal)).dry_run(true);
  chain.get("/");
  chain.dry_run(false);
  chain.get("/");
  CHECK(journal == "handle start handle ");
}

TEST_CASE("a test chain that gets no response says so", "[test_chain]") {
  class Broken : public BodySource {
    std::size_t read(std::span<char>) override { throw std::runtime_error("on purpose"); }
  };
  const QuietLog quiet;
  TestChain chain;
  chain.add(
      [](Exchange& exchange, Next&) { exchange.response.body.stream(std::make_unique<Broken>()); });
  CHECK_THROWS_WITH(chain.get("/"), ContainsSubstring("no response"));
}
