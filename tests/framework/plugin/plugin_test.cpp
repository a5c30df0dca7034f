#include "catena/plugin/plugin.hpp"

#include "catena/plugin/registry.hpp"

#include "support/catch.hpp"

using namespace catena;

namespace {

struct Options {
  std::string pattern = "*";
};

/// Never builds a handler: it refuses what is no pattern, and counts what it was asked for.
Plugin matcher(int* made) {
  config::Fields<Options> fields;
  fields.add("pattern", &Options::pattern, "What to match.");
  return describe("matcher", "Matches.", std::move(fields),
                  [made](const Options& options) -> std::unique_ptr<Handler> {
                    ++*made;
                    if (options.pattern == "[") {
                      throw config::Invalid("pattern", "the bracket is not closed");
                    }
                    return nullptr;
                  });
}

std::string reported(const Plugin& plugin, std::string_view entry) {
  config::Diagnostics diagnostics;
  const auto value = config::parse(entry, "t.json", {}, diagnostics);
  REQUIRE(value);
  const Registry registry;
  ChainBuilder builder(registry, diagnostics, false);
  CHECK_FALSE(plugin.make(*value, builder));
  return diagnostics.empty() ? "" : diagnostics.all().front().text();
}

}  // namespace

TEST_CASE("a descriptor lists its options") {
  int made = 0;
  const Plugin plugin = matcher(&made);
  CHECK(plugin.name == "matcher");
  REQUIRE(plugin.options.size() == 1);
  CHECK(plugin.options[0].default_text == "\"*\"");
}

TEST_CASE("a descriptor tells whether its handlers hear of the end of a request") {
  struct Deaf final : Handler {
    void handle(Exchange&, Next&) const override {}
  };
  struct Listening : Handler {
    void handle(Exchange&, Next&) const override {}
    void finished(const Exchange&, const Sent&) const noexcept override {}
  };
  struct Heir final : Listening {};
  struct Open : Handler {  // what derives from it may listen
    void handle(Exchange&, Next&) const override {}
  };
  const auto listens = [](auto make) {
    return describe("plugin", "Does something.", config::Fields<Options>(), make).listens;
  };
  CHECK_FALSE(listens([](const Options&) { return std::make_unique<Deaf>(); }));
  CHECK_FALSE(listens([](const Options&, ChainBuilder&) { return std::make_unique<Deaf>(); }));
  CHECK(listens([](const Options&) { return std::make_unique<Listening>(); }));
  CHECK(listens([](const Options&) { return std::make_unique<Heir>(); }));
  CHECK(listens([](const Options&) { return std::make_unique<Open>(); }));
  CHECK(listens([](const Options&) { return std::unique_ptr<Handler>(); }));
}

TEST_CASE("a descriptor reads strictly, and builds only what was right") {
  int made = 0;
  const Plugin plugin = matcher(&made);
  CHECK(reported(plugin, R"({ "plugin": "matcher", "patern": "a" })") ==
        "t.json:1:24: /patern: unknown option of matcher; did you mean \"pattern\"?");
  CHECK(made == 0);
  CHECK(reported(plugin, R"({ "plugin": "matcher" })").empty());
  CHECK(made == 1);
}

TEST_CASE("what a factory finds invalid is reported where the option stands") {
  int made = 0;
  CHECK(reported(matcher(&made), R"({ "plugin": "matcher", "pattern": "[" })") ==
        "t.json:1:35: /pattern: the bracket is not closed");
}
