#include "server/commands/options.hpp"

#include <iostream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

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

std::string ConfigurationOptions::file() const {
  std::error_code error;
  return config.empty() ? std::string() : std::filesystem::weakly_canonical(config, error).string();
}

struct ConfigurationOptions::Loaded {
  Configuration configuration;
  config::Value document;
};

std::optional<ConfigurationOptions::Loaded> ConfigurationOptions::read(
    const Registry& registry, Expectations expectations, config::Diagnostics& diagnostics,
    RehearsalWatch* watch) const {
  std::optional<config::Value> document =
      config.empty()
          ? config::parse(default_configuration, "default.json (built in)", {}, diagnostics)
          : config::read_file(config, diagnostics);
  if (!document) return std::nullopt;
  Overrides overrides;
  if (!root.empty()) overrides.root = root;
  if (!host.empty()) overrides.host = host;
  overrides.port = port;
  if (!log_level.empty()) overrides.log_level = log::parse_level(log_level);
  std::optional<Configuration> configuration =
      load_configuration(*document, overrides, registry, diagnostics);
  if (!configuration) return std::nullopt;
  if (expectations == Expectations::are_tried &&
      !meets_expectations(*configuration, *document, diagnostics, watch)) {
    return std::nullopt;
  }
  return Loaded{std::move(*configuration), std::move(*document)};
}

std::optional<Configuration> ConfigurationOptions::load(const Registry& registry,
                                                        Expectations expectations) const {
  config::Diagnostics diagnostics;
  std::optional<Loaded> loaded = read(registry, expectations, diagnostics);
  print(diagnostics);
  if (!loaded) return std::nullopt;
  return std::move(loaded->configuration);
}

std::unique_ptr<Generation> ConfigurationOptions::build(const Registry& registry,
                                                        Expectations expectations,
                                                        config::Diagnostics& diagnostics,
                                                        RehearsalWatch* watch) const {
  std::optional<Loaded> loaded = read(registry, expectations, diagnostics, watch);
  if (!loaded) return nullptr;
  std::vector<std::string> overridden;
  if (!root.empty()) overridden.emplace_back("root");
  if (!host.empty() || port) overridden.emplace_back("server.listen");
  if (!log_level.empty()) overridden.emplace_back("server.log_level");
  return std::make_unique<Generation>(std::move(loaded->configuration), std::move(loaded->document),
                                      std::move(overridden));
}

void print(config::Diagnostics& diagnostics) {
  diagnostics.sort();
  for (const config::Diagnostic& diagnostic : diagnostics.all()) {
    std::cerr << diagnostic.text() << '\n';
  }
}

}  // namespace catena::server
