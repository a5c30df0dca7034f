#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "catena/config/fields.hpp"
#include "catena/export.hpp"
#include "catena/pipeline/handler.hpp"

namespace catena {

/// A named kind of handler: what a configuration may say after "plugin".
struct Plugin {
  std::string name;     ///< lower case with underscores
  std::string summary;  ///< one sentence
  config::FieldList options;
  /// Reads the options of one chain entry, reporting what is wrong, and builds the handler without
  /// side effects; null when anything was reported.
  std::function<std::unique_ptr<Handler>(const config::Value& entry, config::Diagnostics&)> make;
  bool needs_root = false;  ///< whether it serves files, so that a chain with it must have a "root"
};

/// Puts a descriptor together. `make` takes the options that were read and returns the handler; a
/// config::Invalid that it throws is reported at the option it names.
template <typename Options, typename Make>
Plugin describe(std::string name, std::string summary, config::Fields<Options> fields, Make make) {
  config::FieldList list = fields.list();
  auto read_and_make = [fields = std::move(fields), make = std::move(make)](
                           const config::Value& entry,
                           config::Diagnostics& diagnostics) -> std::unique_ptr<Handler> {
    const std::size_t before = diagnostics.size();
    Options options = fields.read(entry, diagnostics);
    if (diagnostics.size() != before) return nullptr;
    return make(std::move(options));
  };
  return {std::move(name), std::move(summary), std::move(list), std::move(read_and_make)};
}

}  // namespace catena
