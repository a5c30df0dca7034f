#include "catena/plugin/chain.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "catena/config/spelling.hpp"

namespace catena {
namespace {

std::string expected(std::string_view what, const config::Value& value) {
  std::string text("expected ");
  return text.append(what).append(", got ").append(value.kind_name());
}

/// The plugin that an entry names; null when it names none, which is then reported.
const Plugin* named_plugin(const config::Value& entry, const Registry& registry,
                           config::Diagnostics& diagnostics) {
  if (entry.kind() != config::Value::Kind::object) {
    diagnostics.add(entry.problem(expected("an object with \"plugin\"", entry)));
    return nullptr;
  }
  const config::Value* name = entry.find("plugin");
  if (name == nullptr) {
    diagnostics.add(entry.problem("\"plugin\" is missing; it names the kind of handler"));
    return nullptr;
  }
  if (name->kind() != config::Value::Kind::string) {
    diagnostics.add(name->problem(expected("the name of a plugin", *name)));
    return nullptr;
  }
  const Plugin* plugin = registry.find(name->as_string());
  if (plugin == nullptr) {
    const std::vector<std::string> known = registry.names();
    std::string message = "no plugin \"" + name->as_string() + "\"";
    if (const auto nearest = config::nearest(name->as_string(), known)) {
      message.append("; did you mean \"").append(*nearest).append("\"?");
    } else {
      message.append("; `catena plugins` lists those at hand");
    }
    diagnostics.add(name->problem(std::move(message)));
  }
  return plugin;
}

}  // namespace

void build_chain(const config::Value& chain, const Registry& registry, bool has_root,
                 Pipeline& pipeline, config::Diagnostics& diagnostics) {
  if (chain.kind() != config::Value::Kind::array || chain.items().empty()) {
    diagnostics.add(chain.problem(chain.kind() == config::Value::Kind::array
                                      ? "a chain needs a handler"
                                      : expected("an array of handlers", chain)));
    return;
  }
  for (const config::Value& entry : chain.items()) {
    const Plugin* plugin = named_plugin(entry, registry, diagnostics);
    if (plugin == nullptr) continue;
    if (plugin->needs_root && !has_root) {
      diagnostics.add(entry.problem(plugin->name + " needs a \"root\" beside the chain"));
    }
    std::unique_ptr<Handler> handler = plugin->make(entry, diagnostics);
    if (handler) pipeline.add(plugin->name, std::move(handler));
  }
}

}  // namespace catena
