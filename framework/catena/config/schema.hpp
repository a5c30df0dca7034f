#pragma once

#include <span>
#include <string>

#include "catena/config/fields.hpp"
#include "catena/export.hpp"

namespace catena::config {

/// A kind of handler, as a schema shows it.
struct HandlerInfo {
  std::string name;
  std::string summary;
  FieldList options;
};

/// The JSON Schema (2020-12) of a configuration: its options, and in its chains entries of these
/// kinds. It takes all that the reader takes, and refuses what can be told from the text alone:
/// kinds, names, bounds, spellings. What that leaves is the reader's: files that are named,
/// duplicate keys, the order of handlers.
CATENA_API std::string json_schema(const FieldList& top, std::span<const HandlerInfo> handlers);

}  // namespace catena::config
