#include <catena/plugin.hpp>

CATENA_MODULE(registry) {
  catena::Plugin plugin;
  plugin.name = "idle";
  registry.add(plugin);
  registry.add(plugin);
}
