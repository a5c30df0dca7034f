// Configurations: any text is read without harm, the same each time, and what is wrong with it is
// told at places that are there.

#include <algorithm>

#include <cerrno>

#include "catena/config/document.hpp"
#include "catena/config/resolve.hpp"
#include "catena/serve/configuration.hpp"
#include "fuzz/fuzz.hpp"
#include "plugins/builtin.hpp"

namespace catena::fuzz {
namespace {

std::size_t depth_of(const config::Value& value) {
  std::size_t deepest = 0;
  for (const config::Value& item : value.items()) deepest = std::max(deepest, depth_of(item));
  for (const config::Member& member : value.members()) {
    deepest = std::max(deepest, depth_of(member.value));
  }
  const bool nests =
      value.kind() == config::Value::Kind::array || value.kind() == config::Value::Kind::object;
  return deepest + (nests ? 1 : 0);
}

/// What a configuration may find outside: one variable, a part, one that includes the other and
/// itself, and the configuration.
config::Outside outside(std::string_view text) {
  config::Outside outside;
  outside.variable = [](const std::string& name) {
    return name == "SET" ? std::optional<std::string>("GET") : std::nullopt;
  };
  outside.file = [text](const std::filesystem::path& path) -> std::variant<std::string, int> {
    const std::string name = path.filename();
    if (name == "fuzz.json") return std::string(text);
    if (name == "part.json") return std::string("[{\"plugin\": \"method_filter\"}]");
    if (name == "loop.json") {
      return std::string("[{\"include\": \"part.json\"}, {\"include\": \"loop.json\"}]");
    }
    return ENOENT;
  };
  return outside;
}

std::string diagnostics_of(std::string_view text) {
  static const Registry registry = [] {
    Registry all;
    plugins::add_builtin(all);
    return all;
  }();
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  config::Diagnostics diagnostics;
  auto document = config::parse(text, "fuzz.json", "/nowhere", diagnostics);
  require(document || !diagnostics.empty(), "what can't be read is told");
  if (document) {
    require(depth_of(*document) <= config::deepest_nesting, "nesting has an end");
    config::resolve(*document, outside(text), diagnostics);
    require(depth_of(*document) <= config::deepest_nesting, "nesting has an end with includes");
    const auto configuration = load_configuration(*document, {}, registry, diagnostics);
    require(configuration.has_value() == diagnostics.empty(),
            "there is a configuration when nothing is wrong, and only then");
  }
  diagnostics.sort();
  std::string told;
  for (const config::Diagnostic& diagnostic : diagnostics.all()) {
    const bool in_part =
        diagnostic.file == "/nowhere/part.json" || diagnostic.file == "/nowhere/loop.json";
    require(diagnostic.position.line >= 1 && (in_part || diagnostic.position.line <= lines),
            "a diagnostic stands on a line of the text");
    require(!diagnostic.message.empty(), "a diagnostic says something");
    told.append(diagnostic.text()).append("\n");
  }
  return told;
}

}  // namespace

void fuzz(std::string_view input) {
  require(diagnostics_of(input) == diagnostics_of(input), "the same text is told the same");
}

}  // namespace catena::fuzz
