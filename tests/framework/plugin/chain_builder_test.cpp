#include "catena/plugin/chain_builder.hpp"

#include <memory>
#include <string>
#include <string_view>

#include "catena/plugin/registry.hpp"
#include "support/catch.hpp"

using namespace catena;

namespace {

struct Nothing {};

class Passing : public Handler {
 public:
  void handle(Exchange& exchange, Next& next) const override { next(exchange); }
};

struct BranchOptions {
  config::Chain chain;
};

class Branch : public Handler {
 public:
  explicit Branch(std::unique_ptr<Pipeline> chain) : chain_(std::move(chain)) {}
  void handle(Exchange& exchange, Next&) const override { chain_->run(exchange); }

 private:
  std::unique_ptr<Pipeline> chain_;
};

Plugin passing(const std::string& name) {
  return describe(name, "Passes on.", config::Fields<Nothing>(),
                  [](Nothing) { return std::make_unique<Passing>(); });
}

Registry plugins() {
  Registry registry;
  Plugin guard = passing("guard");
  guard.before = {{"finder", "that one opens what this one refuses"}};
  registry.add(std::move(guard));
  registry.add(passing("finder"));
  Plugin counter = passing("counter");
  counter.after = {{"guard", "refused requests are not counted"}};
  registry.add(std::move(counter));
  Plugin last = passing("last");
  last.passes_on = false;
  registry.add(std::move(last));
  Plugin files = passing("files");
  files.needs_root = true;
  registry.add(std::move(files));

  config::Fields<BranchOptions> fields;
  fields.add("chain", &BranchOptions::chain, "What is run.").required();
  registry.add(describe("branch", "Runs a chain of its own.", fields,
                        [](BranchOptions options, ChainBuilder& builder) {
                          return std::make_unique<Branch>(builder.build(options.chain));
                        }));
  return registry;
}

/// What is said about a chain whose entries are named, or are JSON.
std::string complaints(std::string_view chain, bool has_root = false,
                       bool plugins_missing = false) {
  static const Registry registry = plugins();
  config::Diagnostics diagnostics;
  const auto value = config::parse(chain, "t.json", {}, diagnostics);
  REQUIRE(value);
  ChainBuilder builder(registry, diagnostics, has_root);
  if (plugins_missing) builder.some_plugins_are_missing();
  builder.build({*value});
  diagnostics.sort();
  std::string text;
  for (const config::Diagnostic& diagnostic : diagnostics.all()) {
    text.append(diagnostic.text()).append("\n");
  }
  return text;
}

}  // namespace

TEST_CASE("a handler that must stand before another is refused behind it", "[plugin]") {
  CHECK(complaints(R"([{"plugin": "guard"}, {"plugin": "finder"}])").empty());
  CHECK(complaints(R"([{"plugin": "guard"}])").empty());
  CHECK(complaints(R"([{"plugin": "finder"}, {"plugin": "guard"}])") ==
        "t.json:1:24: /1: guard must stand before finder: that one opens what this one refuses\n");
}

TEST_CASE("a handler that must stand after another is refused in front of it", "[plugin]") {
  CHECK(complaints(R"([{"plugin": "guard"}, {"plugin": "counter"}])").empty());
  CHECK(complaints(R"([{"plugin": "counter"}, {"plugin": "guard"}])") ==
        "t.json:1:2: /0: counter must stand after guard: refused requests are not counted\n");
}

TEST_CASE("the order binds across chains within chains", "[plugin]") {
  CHECK(
      complaints(R"([{"plugin": "guard"}, {"plugin": "branch", "chain": [{"plugin": "counter"}]}])")
          .empty());
  CHECK(complaints(
            R"([{"plugin": "branch", "chain": [{"plugin": "counter"}]}, {"plugin": "guard"}])") ==
        "t.json:1:33: /0/chain/0: counter must stand after guard: refused requests are not "
        "counted\n");
  CHECK(complaints(
            R"([{"plugin": "finder"}, {"plugin": "branch", "chain": [{"plugin": "guard"}]}])") ==
        "t.json:1:55: /1/chain/0: guard must stand before finder: that one opens what this one "
        "refuses\n");
}

TEST_CASE("what stands behind a handler that passes nothing on is refused", "[plugin]") {
  CHECK(complaints(R"([{"plugin": "guard"}, {"plugin": "last"}])").empty());
  CHECK(complaints(R"([{"plugin": "last"}, {"plugin": "finder"}])") ==
        "t.json:1:22: /1: finder is never reached: last, which stands before it, passes nothing "
        "on\n");
}

TEST_CASE("faults in chains within chains are told with those around them", "[plugin]") {
  CHECK(complaints(R"([{"plugin": "branch", "chain": [{"plugin": "lsat"}, {}]}, {"plugin": 3}])") ==
        "t.json:1:44: /0/chain/0/plugin: no plugin \"lsat\"; did you mean \"last\"?\n"
        "t.json:1:53: /0/chain/1: \"plugin\" is missing; it names the kind of handler\n"
        "t.json:1:70: /1/plugin: expected the name of a plugin, got a number\n");
  CHECK(complaints(R"([{"plugin": "branch", "chain": []}])") ==
        "t.json:1:32: /0/chain: a chain needs a handler\n");
  CHECK(complaints(R"([{"plugin": "branch", "chain": {}}])") ==
        "t.json:1:32: /0/chain: expected an array of handlers, got an object\n");
  CHECK(complaints(R"([{"plugin": "branch"}])") ==
        "t.json:1:2: /0: missing option \"chain\" of branch\n");
}

TEST_CASE("a root further out is enough for a chain within", "[plugin]") {
  constexpr std::string_view chain = R"([{"plugin": "branch", "chain": [{"plugin": "files"}]}])";
  CHECK(complaints(chain, true).empty());
  CHECK(complaints(chain) == "t.json:1:33: /0/chain/0: files needs a \"root\" beside the chain\n");
}

TEST_CASE("an entry with a key that looks like \"plugin\" is told so", "[plugin]") {
  CHECK(complaints(R"([{"plugn": "guard"}])") ==
        "t.json:1:3: /0/plugn: \"plugin\" is missing; did you mean it by \"plugn\"?\n");
  CHECK(complaints(R"([{"text": "", "Plugin": "guard"}])") ==
        "t.json:1:15: /0/Plugin: \"plugin\" is missing; did you mean it by \"Plugin\"?\n");
  CHECK(complaints(R"([{"text": ""}])") ==
        "t.json:1:2: /0: \"plugin\" is missing; it names the kind of handler\n");
}

TEST_CASE("where plugins are missing, only slips in names are told", "[plugin]") {
  constexpr std::string_view chain = R"([{"plugin": "elsewhere"}, {"plugin": "gurad"}])";
  CHECK(complaints(chain) ==
        "t.json:1:13: /0/plugin: no plugin \"elsewhere\"; `catena plugins` lists those at hand\n"
        "t.json:1:38: /1/plugin: no plugin \"gurad\"; did you mean \"guard\"?\n");
  CHECK(complaints(chain, false, true) ==
        "t.json:1:38: /1/plugin: no plugin \"gurad\"; did you mean \"guard\"?\n");
}
