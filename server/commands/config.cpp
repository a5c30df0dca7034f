#include <iostream>

#include "server/commands/commands.hpp"
#include "server/default_configuration.hpp"

namespace catena::server {

void add_config(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "config", "Prints the default configuration, comments and all, to start one's own from");
  command->callback([&exit_code] {
    std::cout << default_configuration << std::flush;
    exit_code = std::cout ? exit_done : exit_failed;
  });
}

}  // namespace catena::server
