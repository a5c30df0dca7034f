// Every file in tests/config/cases/configuration is told what `catena check` says of it, to the
// letter; the text beside it is what is expected.

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catena/serve/configuration.hpp"
#include "plugins/builtin.hpp"
#include "support/catch.hpp"
#include "support/source_tree.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using namespace catena::testing;
using namespace std::chrono_literals;

namespace {

const std::filesystem::path cases = source_tree() / "tests/config/cases/configuration";

/// What the cases find in their environment; tests/schema/run.mjs has the same.
const std::map<std::string, std::string> environment{
    {"CATENA_CASE_PORT", "8081"}, {"CATENA_CASE_IDLE", "20s"},
    {"CATENA_CASE_LONG", "25h"},  {"CATENA_CASE_NESTED", "${CATENA_CASE_PORT}"},
    {"CATENA_CASE_EMPTY", ""},
};

config::Outside outside() {
  config::Outside outside = config::of_this_process();
  outside.variable = [](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found != environment.end() ? std::optional(found->second) : std::nullopt;
  };
  return outside;
}

struct Loaded {
  std::optional<Configuration> configuration;
  std::string diagnostics;
};

/// The text without that part, wherever it stands.
std::string without(std::string text, const std::string& part) {
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos;) {
    text.erase(at, part.size());
  }
  return text;
}

/// As `catena check` loads one that is named in the working directory.
Loaded load(const std::filesystem::path& file) {
  Registry registry;
  plugins::add_builtin(registry);
  config::Diagnostics diagnostics;
  Loaded loaded;
  if (const auto document = config::read_file(file, diagnostics, outside())) {
    loaded.configuration = load_configuration(*document, {}, registry, diagnostics);
    if (loaded.configuration) meets_expectations(*loaded.configuration, *document, diagnostics);
  }
  diagnostics.sort();
  for (const config::Diagnostic& diagnostic : diagnostics.all()) {
    loaded.diagnostics.append(diagnostic.text()).append("\n");
  }
  loaded.diagnostics = without(loaded.diagnostics, file.parent_path().string() + "/");
  return loaded;
}

}  // namespace

TEST_CASE("what is wrong with a configuration is said exactly", "[configuration]") {
  int tried = 0;
  for (const auto& entry : std::filesystem::directory_iterator(cases)) {
    if (entry.path().extension() != ".json") continue;
    ++tried;
    CAPTURE(entry.path().stem().string());
    CHECK(load(entry.path()).diagnostics ==
          read_file(std::filesystem::path(entry.path()).replace_extension("txt")));
  }
  CHECK(tried > 30);
}

TEST_CASE("a whole configuration is taken as it is written", "[configuration]") {
  const Loaded loaded = load(cases / "whole.json");
  REQUIRE(loaded.configuration);
  const Settings& settings = loaded.configuration->settings;
  CHECK(settings.listen ==
        std::vector<std::string>{"127.0.0.1:8080", "[::1]:8080", ":0", "unix:/run/catena.sock"});
  CHECK(settings.name.empty());
  CHECK(settings.log_level == log::Level::warn);
  CHECK(settings.limits.target.count == 4096);
  CHECK(settings.limits.head.count == 8192);
  CHECK(settings.limits.fields == 50);
  CHECK(settings.limits.body.count == std::uint64_t{2} << 30);
  CHECK(settings.limits.connections == 10);
  CHECK(settings.limits.connections_per_address == 5);
  CHECK(settings.limits.bytes_per_second == 0);
  CHECK(settings.timeouts.head == 1s);
  CHECK(settings.timeouts.idle == 1min);
  CHECK(settings.timeouts.stall == 500ms);
  CHECK(settings.timeouts.grace == 0s);
  REQUIRE(loaded.configuration->root);
  const auto handlers = loaded.configuration->pipeline->handlers();
  REQUIRE(handlers.size() == 2);
  CHECK(handlers[0].name == "method_filter");
  CHECK(handlers[1].name == "static_file");
}
