#include "catena/plugin/chain_builder.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "catena/config/spelling.hpp"
#include "catena/plugin/registry.hpp"

namespace catena {
namespace {

std::string expected(std::string_view what, const config::Value& value) {
  std::string text("expected ");
  return text.append(what).append(", got ").append(value.kind_name());
}

/// That an entry names no plugin: at the key that was meant to, where one looks like it.
config::Diagnostic plugin_missing(const config::Value& entry) {
  const std::array<std::string, 1> wanted{"plugin"};
  for (const config::Member& member : entry.members()) {
    if (!config::nearest(member.key, wanted)) continue;
    return entry.problem_at_key(
        member, "\"plugin\" is missing; did you mean it by \"" + member.key + "\"?");
  }
  return entry.problem("\"plugin\" is missing; it names the kind of handler");
}

/// Whether a plugin of that name stands among them.
bool holds(std::span<const Plugin* const> plugins, std::string_view name) {
  return std::any_of(plugins.begin(), plugins.end(), [name](const Plugin* plugin) {
    return plugin != nullptr && plugin->name == name;
  });
}

}  // namespace

/// The plugin that an entry names; null when it names none, which is then reported.
const Plugin* ChainBuilder::named_plugin(const config::Value& entry) {
  const config::Value* name = entry.find("plugin");
  for (const config::Value* value : {&entry, name}) {
    if (value == nullptr || value->failure() == nullptr) continue;
    diagnostics_.add(*value->failure());
    return nullptr;
  }
  if (entry.kind() != config::Value::Kind::object) {
    diagnostics_.add(entry.problem(expected("an object with \"plugin\"", entry)));
    return nullptr;
  }
  if (name == nullptr) {
    diagnostics_.add(plugin_missing(entry));
    return nullptr;
  }
  if (name->kind() != config::Value::Kind::string) {
    diagnostics_.add(name->problem(expected("the name of a plugin", *name)));
    return nullptr;
  }
  const Plugin* plugin = registry_.find(name->as_string());
  if (plugin == nullptr) no_plugin(*name);
  return plugin;
}

void ChainBuilder::no_plugin(const config::Value& name) {
  std::string message = "no plugin \"" + name.as_string() + "\"";
  const std::vector<std::string> known = registry_.names();
  if (const auto nearest = config::nearest(name.as_string(), known)) {
    message.append("; did you mean \"").append(*nearest).append("\"?");
  } else if (plugins_missing_) {
    return;
  } else {
    message.append("; `catena plugins` lists those at hand");
  }
  diagnostics_.add(name.problem(std::move(message)));
}

std::unique_ptr<Pipeline> ChainBuilder::build(const config::Chain& chain, bool own_root) {
  auto pipeline = std::make_unique<Pipeline>();
  const config::Value& entries = chain.entries;
  if (entries.failure() != nullptr) {
    diagnostics_.add(*entries.failure());
    return pipeline;
  }
  if (entries.kind() != config::Value::Kind::array || entries.items().empty()) {
    diagnostics_.add(entries.problem(entries.kind() == config::Value::Kind::array
                                         ? "a chain needs a handler"
                                         : expected("an array of handlers", entries)));
    return pipeline;
  }
  const bool had_root = has_root_;
  has_root_ = has_root_ || own_root;
  Level& level = levels_.emplace_back();
  for (const config::Value& entry : entries.items()) {
    level.plugins.push_back(named_plugin(entry));
  }
  const std::size_t depth = levels_.size() - 1;
  for (const config::Value& entry : entries.items()) {
    add(entry, *pipeline);
    ++levels_[depth].at;
  }
  levels_.pop_back();
  has_root_ = had_root;
  return pipeline;
}

void ChainBuilder::check_chains(const config::FieldList& options, const config::Value& object) {
  const config::Value* root = object.find("root");
  const bool own_root = root != nullptr && root->kind() != config::Value::Kind::null;
  for (const config::FieldInfo& option : options) {
    const config::Value* value = object.find(option.name);
    if (value == nullptr) continue;
    if (option.shape == config::Shape::chain) {
      build({*value}, own_root);
    } else if (option.shape == config::Shape::object) {
      check_chains(option.fields, *value);
    } else if (!option.fields.empty()) {
      for (const config::Value& item : value->items()) check_chains(option.fields, item);
      for (const config::Member& member : value->members()) {
        check_chains(option.fields, member.value);
      }
    }
  }
}

void ChainBuilder::passes_nothing_on() noexcept {
  if (levels_.empty()) return;  // the handler is made alone
  Level& level = levels_.back();
  if (level.end == nullptr) level.end = level.plugins[level.at];
}

void ChainBuilder::add(const config::Value& entry, Pipeline& pipeline) {
  const Plugin* plugin = levels_.back().plugins[levels_.back().at];
  if (plugin == nullptr) return;
  if (plugin->needs_root && !has_root_) {
    diagnostics_.add(entry.problem(plugin->name + " needs a \"root\" beside the chain"));
  }
  check_order(entry, *plugin);
  std::unique_ptr<Handler> handler = plugin->make(entry, *this);
  Level& level = levels_.back();
  if (!plugin->passes_on && level.end == nullptr) level.end = plugin;
  if (handler) pipeline.add(plugin->name, std::move(handler), plugin->module, plugin->listens);
}

/// What stands behind a handler that passes nothing on is a mistake. And what a plugin says of its
/// place binds where the other one is there: in its own chain, or in one
/// around that.
void ChainBuilder::check_order(const config::Value& entry, const Plugin& plugin) {
  const auto complain = [&](const Plugin::Order& order, std::string_view where) {
    std::string message = plugin.name;
    message.append(" must stand ").append(where).append(" ").append(order.other);
    diagnostics_.add(entry.problem(message.append(": ").append(order.reason)));
  };
  if (const Plugin* end = levels_.back().end) {
    diagnostics_.add(entry.problem(plugin.name + " is never reached: " + end->name +
                                   ", which stands before it, passes nothing on"));
    return;
  }
  for (const Level& level : levels_) {
    const std::span<const Plugin* const> all(level.plugins);
    for (const Plugin::Order& order : plugin.before) {
      if (holds(all.first(level.at), order.other)) complain(order, "before");
    }
    for (const Plugin::Order& order : plugin.after) {
      if (holds(all.subspan(level.at + 1), order.other)) complain(order, "after");
    }
  }
}

}  // namespace catena
