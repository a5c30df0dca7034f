#include "catena/serve/configuration.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using namespace catena::testing;
using namespace std::chrono_literals;

namespace {

struct Options {
  std::string text = "hello";
};

class Answer : public Handler {
 public:
  void handle(Exchange&, Next&) const override {}
};

/// "answer", with an option, and "files", which needs a root.
Registry registry() {
  config::Fields<Options> fields;
  fields.add("text", &Options::text, "What is said.");
  Registry registry;
  registry.add(describe("answer", "Says something.", fields, [](const Options& options) {
    if (options.text == "forbidden") throw config::Invalid("text", "that must not be said");
    return std::make_unique<Answer>();
  }));
  Plugin files = describe("files", "Serves files.", config::Fields<Options>(),
                          [](const Options&) { return std::make_unique<Answer>(); });
  files.needs_root = true;
  registry.add(std::move(files));
  return registry;
}

struct Loaded {
  std::optional<Configuration> configuration;
  std::string diagnostics;
};

/// As the program loads one: the diagnostics in the order of the text, a line each.
Loaded load(std::string_view text, const Overrides& overrides = {},
            const std::filesystem::path& directory = {}) {
  static const Registry plugins = registry();
  config::Diagnostics diagnostics;
  Loaded loaded;
  if (const auto document = config::parse(text, "site.json", directory, diagnostics)) {
    loaded.configuration = load_configuration(*document, overrides, plugins, diagnostics);
  }
  diagnostics.sort();
  for (const config::Diagnostic& diagnostic : diagnostics.all()) {
    loaded.diagnostics.append(diagnostic.text()).append("\n");
  }
  return loaded;
}

std::vector<std::string> listening(const Overrides& overrides, std::string_view listen) {
  const Loaded loaded = load("{\"server\": {\"listen\": " + std::string(listen) +
                                 "}, \"chain\": [{\"plugin\": \"answer\"}]}",
                             overrides);
  CHECK(loaded.diagnostics.empty());
  return loaded.configuration->settings.listen;
}

Overrides root_override(const std::filesystem::path& root) {
  Overrides overrides;
  overrides.root = root;
  return overrides;
}

Overrides address_override(std::optional<std::string> host, std::optional<std::uint16_t> port) {
  Overrides overrides;
  overrides.host = std::move(host);
  overrides.port = port;
  return overrides;
}

}  // namespace

TEST_CASE("what a configuration leaves out has its default", "[configuration]") {
  const Loaded loaded = load(R"({"chain": [{"plugin": "answer"}]})");
  REQUIRE(loaded.configuration);
  const Settings& settings = loaded.configuration->settings;
  CHECK(settings.listen == std::vector<std::string>{"127.0.0.1:8080"});
  CHECK(settings.name == "catena");
  CHECK(settings.log_level == log::Level::info);
  CHECK(settings.limits.of_head().target == 8 * 1024);
  CHECK(settings.limits.of_head().head == 16 * 1024);
  CHECK(settings.limits.of_head().fields == 100);
  CHECK(settings.limits.body.count == 1024 * 1024);
  CHECK(settings.limits.connections == 10'000);
  CHECK(settings.limits.connections_per_address == 256);
  CHECK(settings.limits.bytes_per_second == 500);
  CHECK(settings.timeouts.head == 10s);
  CHECK(settings.timeouts.idle == 15s);
  CHECK(settings.timeouts.stall == 30s);
  CHECK(settings.timeouts.grace == 10s);
  CHECK(settings.open_files.entries == 16'384);
  CHECK(settings.open_files.memory.count == 32 * 1024 * 1024);
  CHECK(settings.open_files.small.count == 32 * 1024);
  CHECK(loaded.configuration->root == nullptr);
}

TEST_CASE("a root is relative to its configuration, and --root stands instead", "[configuration]") {
  constexpr std::string_view text = R"({"root": "site", "chain": [{"plugin": "files"}]})";
  const TempDir directory;
  directory.write("site/file", "text");
  directory.write("other/file", "text");
  const Loaded loaded = load(text, {}, directory.path());
  REQUIRE(loaded.configuration);
  CHECK(loaded.configuration->root->directory() == directory / "site");

  const Loaded overridden = load(text, root_override(directory / "other"), directory.path());
  REQUIRE(overridden.configuration);
  CHECK(overridden.configuration->root->directory() == directory / "other");

  const Loaded without =
      load(R"({"chain": [{"plugin": "files"}]})", root_override(directory / "other"));
  REQUIRE(without.configuration);
  CHECK(without.configuration->root->directory() == directory / "other");

  // The root of the configuration is not opened then, and need not be there.
  CHECK(load(text, root_override(directory / "other"), directory / "missing").diagnostics.empty());
}

TEST_CASE("a --root that is not there is told as such", "[configuration]") {
  const Loaded loaded =
      load(R"({"root": ".", "chain": [{"plugin": "files"}]})", root_override("no/such"));
  CHECK_FALSE(loaded.configuration);
  CHECK(loaded.diagnostics ==
        "--root: can't serve from no/such: No such file or directory; name a directory that is "
        "there\n");
}

TEST_CASE("the overrides --host and --port make one address", "[configuration]") {
  using List = std::vector<std::string>;
  constexpr std::string_view several = R"(["unix:/run/x.sock", "[::1]:80", "127.0.0.1:81"])";
  CHECK(listening(address_override("0.0.0.0", 0), several) == List{"0.0.0.0:0"});
  CHECK(listening(address_override({}, 9000), several) == List{"[::1]:9000"});
  CHECK(listening(address_override("example.org", {}), several) == List{"example.org:80"});
  CHECK(listening(address_override("::", {}), several) == List{"[::]:80"});
  CHECK(listening(address_override("[::]", {}), several) == List{"[::]:80"});
  CHECK(listening(address_override("*", 1), several) == List{"*:1"});
  CHECK(listening(address_override({}, 9000), R"(["unix:/run/x.sock"])") == List{"127.0.0.1:9000"});
  CHECK(listening(address_override("0.0.0.0", {}), R"(["unix:/run/x.sock"])") ==
        List{"0.0.0.0:8080"});
  CHECK(listening({}, several).size() == 3);
}

TEST_CASE("a --host that is none is told as such", "[configuration]") {
  const Loaded loaded =
      load(R"({"chain": [{"plugin": "answer"}]})", address_override("[localhost]", {}));
  CHECK_FALSE(loaded.configuration);
  CHECK(loaded.diagnostics ==
        "--host: \"[localhost]\" is no host to listen on; --port takes the port\n");
}

TEST_CASE("the log level of the command line stands instead", "[configuration]") {
  Overrides overrides;
  overrides.log_level = log::Level::debug;
  const Loaded loaded =
      load(R"({"server": {"log_level": "error"}, "chain": [{"plugin": "answer"}]})", overrides);
  REQUIRE(loaded.configuration);
  CHECK(loaded.configuration->settings.log_level == log::Level::debug);
}

TEST_CASE("the options of a configuration are listed", "[configuration]") {
  const config::FieldList fields = configuration_fields();
  REQUIRE(fields.size() == 5);
  CHECK(fields[0].name == "server");
  CHECK(fields[0].fields.size() == 8);
  CHECK(fields[1].name == "modules");
  CHECK(fields[2].name == "root");
  CHECK(fields[3].name == "chain");
  CHECK(fields[3].required);
  CHECK(fields[4].name == "expect");
}
