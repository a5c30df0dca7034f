#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "catena/config/describe.hpp"
#include "catena/config/document.hpp"
#include "catena/config/spelling.hpp"
#include "catena/plugin/module.hpp"
#include "catena/serve/configuration.hpp"
#include "plugins/builtin.hpp"
#include "server/commands/commands.hpp"
#include "server/commands/options.hpp"

namespace catena::server {
namespace {

/// The plugins that are built in, and those of the modules that a configuration names, if there is
/// one. Nothing when anything is wrong with it, which is printed on standard error.
std::optional<Registry> at_hand(const std::string& config) {
  Registry registry;
  plugins::add_builtin(registry);
  if (config.empty()) return registry;
  config::Diagnostics diagnostics;
  if (const auto document = config::read_file(config, diagnostics)) {
    registry = plugins_at_hand(*document, registry, diagnostics);
  }
  print(diagnostics);
  if (!diagnostics.empty()) return std::nullopt;
  return registry;
}

void list_all(const Registry& registry) {
  std::size_t widest = 0;
  for (const std::string& name : registry.names()) widest = std::max(widest, name.size());
  for (const std::string& name : registry.names()) {
    const std::string gap(widest - name.size() + 2, ' ');
    std::cout << name << gap << registry.find(name)->summary << '\n';
  }
}

/// What a chain must know of a plugin, besides its options.
void show_place(const Plugin& plugin) {
  for (const auto& [where, orders] :
       {std::pair("before", &plugin.before), std::pair("after", &plugin.after)}) {
    for (const Plugin::Order& order : *orders) {
      std::cout << "It must stand " << where << ' ' << order.other << ": " << order.reason << ".\n";
    }
  }
  if (!plugin.passes_on) std::cout << "It passes nothing on, so it stands last.\n";
  if (plugin.needs_root) std::cout << "It needs a \"root\" beside its chain, or one further out.\n";
}

int show_one(const Registry& registry, const std::string& name) {
  const Plugin* plugin = registry.find(name);
  if (plugin == nullptr) {
    const std::vector<std::string> known = registry.names();
    std::cerr << "catena: no plugin \"" << name << '"';
    if (const auto nearest = config::nearest(name, known)) {
      std::cerr << "; did you mean \"" << *nearest << "\"?";
    }
    std::cerr << '\n';
    return exit_wrong_usage;
  }
  std::cout << plugin->name << ": " << plugin->summary << '\n';
  if (plugin->module != nullptr) {
    std::cout << "Brought by " << plugin->module->path.string() << ".\n";
  }
  show_place(*plugin);
  std::cout << '\n';
  if (plugin->options.empty()) {
    std::cout << "It has no options.\n";
  } else {
    std::cout << config::text_table(plugin->options);
  }
  return exit_done;
}

}  // namespace

void add_plugins(CLI::App& app, int& exit_code) {
  struct PluginsOptions {
    std::string name;
    std::string config;
  };
  CLI::App* command =
      app.add_subcommand("plugins", "Lists the plugins at hand, or shows one with its options");
  const auto options = std::make_shared<PluginsOptions>();
  command->add_option("NAME", options->name, "The plugin to show");
  command->add_option("--config", options->config, "A configuration, for the modules that it names")
      ->type_name("FILE");
  command->callback([options, &exit_code] {
    exit_code = exit_wrong_usage;
    const std::optional<Registry> registry = at_hand(options->config);
    if (!registry) return;
    exit_code = exit_done;
    if (options->name.empty()) {
      list_all(*registry);
    } else {
      exit_code = show_one(*registry, options->name);
    }
  });
}

}  // namespace catena::server
