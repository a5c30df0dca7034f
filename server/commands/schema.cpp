#include <iostream>

#include "catena/serve/configuration.hpp"
#include "plugins/builtin.hpp"
#include "server/commands/commands.hpp"

namespace catena::server {

void add_schema(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "schema", "Prints the JSON Schema of a configuration, for editors and validators");
  command->callback([&exit_code] {
    Registry registry;
    plugins::add_builtin(registry);
    std::cout << configuration_schema(registry) << std::flush;
    exit_code = std::cout ? exit_done : exit_failed;
  });
}

}  // namespace catena::server
