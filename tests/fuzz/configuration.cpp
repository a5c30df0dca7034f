// Configurations: any text is read without harm, the same each time, and what is wrong with it is
// told at places that are there.

#include <algorithm>

#include "catena/config/document.hpp"
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

std::string diagnostics_of(std::string_view text) {
  static const Registry registry = [] {
    Registry all;
    plugins::add_builtin(all);
    return all;
  }();
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  config::Diagnostics diagnostics;
  const auto document = config::parse(text, "fuzz.json", "/nowhere", diagnostics);
  require(document || !diagnostics.empty(), "what can't be read is told");
  if (document) {
    require(depth_of(*document) <= config::deepest_nesting, "nesting has an end");
    const auto configuration = load_configuration(*document, {}, registry, diagnostics);
    require(configuration.has_value() == diagnostics.empty(),
            "there is a configuration when nothing is wrong, and only then");
  }
  diagnostics.sort();
  std::string told;
  for (const config::Diagnostic& diagnostic : diagnostics.all()) {
    require(diagnostic.position.line >= 1 && diagnostic.position.line <= lines,
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
