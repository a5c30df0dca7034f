#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "catena/config/diagnostics.hpp"
#include "catena/plugin/registry.hpp"
#include "catena/serve/configuration.hpp"
#include "catena/serve/generation.hpp"

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
  /// The configuration's file, as an absolute path; empty for the built-in one.
  std::string file() const;
  /// Reads and builds what they name, the default configuration where they name none, and tries
  /// what it expects of itself when that is asked for. What is wrong is printed on standard error;
  /// nothing then.
  enum class Expectations { are_tried, are_left };
  std::optional<Configuration> load(const Registry& registry,
                                    Expectations expectations = Expectations::are_left) const;
  /// The same for a server: what is wrong is left to the caller, null then. `watch`, where there is
  /// one, knows what the expectations are at.
  std::unique_ptr<Generation> build(const Registry& registry, Expectations expectations,
                                    config::Diagnostics& diagnostics,
                                    RehearsalWatch* watch = nullptr) const;

 private:
  struct Loaded;
  std::optional<Loaded> read(const Registry& registry, Expectations expectations,
                             config::Diagnostics& diagnostics,
                             RehearsalWatch* watch = nullptr) const;
};

/// Prints what is wrong on standard error, a line each.
void print(config::Diagnostics& diagnostics);

}  // namespace catena::server
