#include <memory>

#include "plugins/builtin.hpp"
#include "server/commands/commands.hpp"
#include "server/commands/options.hpp"

namespace catena::server {

void add_check(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("check",
                                         "Reads and builds a configuration, tries what it expects "
                                         "of itself, says what is wrong, and serves nothing");
  const auto options = std::make_shared<ConfigurationOptions>();
  options->add_to(*command);
  command->callback([options, &exit_code] {
    Registry registry;
    plugins::add_builtin(registry);
    exit_code = options->load(registry, ConfigurationOptions::Expectations::are_tried)
                    ? exit_done
                    : exit_wrong_usage;
  });
}

}  // namespace catena::server
