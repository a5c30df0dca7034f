#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include "catena/config/describe.hpp"
#include "catena/config/spelling.hpp"
#include "plugins/builtin.hpp"
#include "server/commands/commands.hpp"

namespace catena::server {
namespace {

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
  CLI::App* command =
      app.add_subcommand("plugins", "Lists the plugins at hand, or shows one with its options");
  const auto name = std::make_shared<std::string>();
  command->add_option("NAME", *name, "The plugin to show");
  command->callback([name, &exit_code] {
    Registry registry;
    plugins::add_builtin(registry);
    exit_code = exit_done;
    if (name->empty()) {
      list_all(registry);
    } else {
      exit_code = show_one(registry, *name);
    }
  });
}

}  // namespace catena::server
