// Every file in tests/config/cases/configuration is told what `catena check` says of it, to the
// letter; the text beside it is what is expected. A comment on the first line, as in
//
//     // catena check --root no/such
//
// says what else is on the command line.

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
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
    {"CATENA_CASE_PORT", "8081"},
    {"CATENA_CASE_IDLE", "20s"},
    {"CATENA_CASE_LONG", "25h"},
    {"CATENA_CASE_NESTED", "${CATENA_CASE_PORT}"},
    {"CATENA_CASE_EMPTY", ""},
    {"CATENA_CASE_BYTES", "\xff"},
    {"CATENA_CASE_LARGE", std::string(100'000, 'x')},
    {"CATENA_CASE_MODULES", CATENA_TEST_MODULES},
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

/// What a case has on its command line.
struct CommandLine {
  std::filesystem::path file;
  Overrides overrides;
};

CommandLine command_line(const std::filesystem::path& file) {
  constexpr std::string_view mark = "// catena check ";
  CommandLine line{file, {}};
  const std::string text = read_file(file);
  if (!text.starts_with(mark)) return line;
  std::istringstream words(text.substr(mark.size(), text.find('\n') - mark.size()));
  std::string option;
  std::string value;
  while (words >> option >> value) {
    if (option == "--config") {
      line.file = value;
    } else if (option == "--root") {
      // Relative to the working directory, which here is another one.
      line.overrides.root = value == "site" ? cases / value : std::filesystem::path(value);
    } else if (option == "--host") {
      line.overrides.host = value;
    } else if (option == "--port") {
      line.overrides.port = static_cast<std::uint16_t>(std::stoi(value));
    } else {
      FAIL("what is " << option << "?");
    }
  }
  return line;
}

/// The text without what is different from one build to the next.
std::string without_build(const std::string& text) {
  static const std::regex signatures(R"(\(its signature: .*; this catena's: .*\))");
  return std::regex_replace(without(text, std::string(CATENA_TEST_MODULES) + "/"), signatures,
                            "(SIGNATURES)");
}

/// As `catena check` loads one that is named in the working directory.
Loaded load(const std::filesystem::path& file) {
  const CommandLine line = command_line(file);
  Registry registry;
  plugins::add_builtin(registry);
  config::Diagnostics diagnostics;
  Loaded loaded;
  if (const auto document = config::read_file(line.file, diagnostics, outside())) {
    loaded.configuration = load_configuration(*document, line.overrides, registry, diagnostics);
    if (loaded.configuration) meets_expectations(*loaded.configuration, *document, diagnostics);
  }
  diagnostics.sort();
  for (const config::Diagnostic& diagnostic : diagnostics.all()) {
    loaded.diagnostics.append(diagnostic.text()).append("\n");
  }
  loaded.diagnostics =
      without_build(without(loaded.diagnostics, file.parent_path().string() + "/"));
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
  CHECK(tried > 50);
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
