#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "catena/config/document.hpp"
#include "catena/serve/configuration.hpp"
#include "plugins/builtin.hpp"
#include "server/commands/commands.hpp"
#include "server/commands/options.hpp"

namespace catena::server {
namespace {

/// Prints the schema of all that could be loaded, whatever is wrong with the configuration: it may
/// be half written, and then a schema helps most. What is wrong is told on standard error.
int print_schema(const std::string& config) {
  Registry registry;
  plugins::add_builtin(registry);
  bool all_loaded = true;
  if (!config.empty()) {
    config::Diagnostics diagnostics;
    const std::optional<config::Value> document = config::read_file(config, diagnostics);
    if (document) registry = plugins_at_hand(*document, registry, diagnostics);
    print(diagnostics);
    all_loaded = document.has_value() && diagnostics.empty();
  }
  std::cout << configuration_schema(registry) << std::flush;
  if (!std::cout) return exit_failed;
  return all_loaded ? exit_done : exit_wrong_usage;
}

}  // namespace

void add_schema(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "schema", "Prints the JSON Schema of a configuration, for editors and validators");
  const auto config = std::make_shared<std::string>();
  command->add_option("--config", *config, "A configuration, for the modules that it names")
      ->type_name("FILE");
  command->callback([config, &exit_code] { exit_code = print_schema(*config); });
}

}  // namespace catena::server
