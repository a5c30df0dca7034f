#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "catena/config/diagnostics.hpp"
#include "catena/plugin/registry.hpp"
#include "catena/serve/configuration.hpp"

namespace catena::server {

/// What commands that read a configuration are told on the command line.
struct ConfigurationOptions {
  std::string config;
  std::string root;
  std::string host;
  std::optional<std::uint16_t> port;
  std::string log_level;

  /// Adds --config, --root, --host, --port and --log-level.
  void add_to(CLI::App& command);
  /// Reads and builds what they name, the default configuration where they name none, and tries
  /// what it expects of itself when that is asked for. What is wrong is printed on standard error;
  /// nothing then.
  enum class Expectations { are_tried, are_left };
  std::optional<Configuration> load(const Registry& registry,
                                    Expectations expectations = Expectations::are_left) const;
};

/// Prints what is wrong on standard error, a line each.
void print(config::Diagnostics& diagnostics);

}  // namespace catena::server
