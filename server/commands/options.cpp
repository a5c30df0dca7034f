#include "server/commands/options.hpp"

#include <iostream>

#include "catena/config/diagnostics.hpp"
#include "catena/config/document.hpp"
#include "server/default_configuration.hpp"

namespace catena::server {

void ConfigurationOptions::add_to(CLI::App& command) {
  command
      .add_option("--config", config, "The configuration; without it, what `catena config` prints")
      ->type_name("FILE");
  command.add_option("--root", root, "The directory to serve, instead of the configuration's")
      ->type_name("DIR");
  command.add_option("--host", host, "The address to listen on, instead of the configuration's")
      ->type_name("ADDR");
  command.add_option("--port", port, "The port to listen on; 0 lets the system choose")
      ->type_name("N")
      ->check(CLI::Range(0, 65535));
  command.add_option("--log-level", log_level, "trace, debug, info, warn, error or off")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}));
}

std::optional<Configuration> ConfigurationOptions::load(const Registry& registry,
                                                        Expectations expectations) const {
  config::Diagnostics diagnostics;
  const std::optional<config::Value> document =
      config.empty()
          ? config::parse(default_configuration, "default.json (built in)", {}, diagnostics)
          : config::read_file(config, diagnostics);
  std::optional<Configuration> configuration;
  if (document) {
    Overrides overrides;
    if (!root.empty()) overrides.root = root;
    if (!host.empty()) overrides.host = host;
    overrides.port = port;
    if (!log_level.empty()) overrides.log_level = log::parse_level(log_level);
    configuration = load_configuration(*document, overrides, registry, diagnostics);
    if (configuration && expectations == Expectations::are_tried &&
        !meets_expectations(*configuration, *document, diagnostics)) {
      configuration.reset();
    }
  }
  print(diagnostics);
  return configuration;
}

void print(config::Diagnostics& diagnostics) {
  diagnostics.sort();
  for (const config::Diagnostic& diagnostic : diagnostics.all()) {
    std::cerr << diagnostic.text() << '\n';
  }
}

}  // namespace catena::server
