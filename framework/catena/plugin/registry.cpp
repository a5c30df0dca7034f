#include "catena/plugin/registry.hpp"

#include <stdexcept>
#include <utility>

namespace catena {

void Registry::add(Plugin plugin) {
  std::string name = plugin.name;
  if (!plugins_.emplace(name, std::move(plugin)).second) {
    throw std::invalid_argument("there is a plugin \"" + name + "\" already");
  }
}

const Plugin* Registry::find(std::string_view name) const noexcept {
  const auto found = plugins_.find(name);
  return found == plugins_.end() ? nullptr : &found->second;
}

std::vector<std::string> Registry::names() const {
  std::vector<std::string> names;
  for (const auto& [name, plugin] : plugins_) names.push_back(name);
  return names;
}

}  // namespace catena
