#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catena/config/diagnostics.hpp"
#include "catena/config/document.hpp"
#include "catena/config/fields.hpp"
#include "catena/export.hpp"
#include "catena/fs/document_root.hpp"
#include "catena/fs/open_file_cache.hpp"
#include "catena/pipeline/pipeline.hpp"
#include "catena/plugin/registry.hpp"
#include "catena/runtime/log.hpp"
#include "catena/serve/expectations.hpp"
#include "catena/serve/settings.hpp"

namespace catena {

/// What the command line says instead of the configuration.
struct Overrides {
  std::optional<std::filesystem::path> root;
  /// Either makes one TCP address of the list; what is not given comes from the first one in it.
  std::optional<std::string> host;
  std::optional<std::uint16_t> port;
  std::optional<log::Level> log_level;
};

/// Everything that is to be served, built and checked, not started.
struct Configuration {
  Registry registry;  ///< the plugins at hand, those of the modules included
  Settings settings;
  std::shared_ptr<OpenFileCache> files;  ///< of all roots; null: none
  std::unique_ptr<DocumentRoot> root;    ///< null when none is named
  std::unique_ptr<Pipeline> pipeline;
  std::vector<Expectation> expectations;
};

/// Reads a whole configuration, and reports everything that is wrong with it at once. Nothing when
/// anything was reported. The modules that it names are loaded, and bring plugins beside those that
/// are built in.
CATENA_API std::optional<Configuration> load_configuration(const config::Value& document,
                                                           const Overrides& overrides,
                                                           const Registry& builtin,
                                                           config::Diagnostics& diagnostics);

/// The plugins that a configuration has at hand: those that are built in, and those of the modules
/// that it names. Its chain is not built; what is wrong with the rest is reported.
CATENA_API Registry plugins_at_hand(const config::Value& document, const Registry& builtin,
                                    config::Diagnostics& diagnostics);

/// Runs what the document expects of itself ("expect") through the configuration that was made of
/// it; reports what is not met, and returns whether everything was. `watch`, where there is one,
/// knows what they are at.
CATENA_API bool meets_expectations(const Configuration& configuration,
                                   const config::Value& document, config::Diagnostics& diagnostics,
                                   RehearsalWatch* watch = nullptr);

/// The top of a configuration, for tables and schemas.
CATENA_API config::FieldList configuration_fields();

/// The JSON Schema of a configuration whose chains are of these plugins.
CATENA_API std::string configuration_schema(const Registry& registry);

}  // namespace catena
