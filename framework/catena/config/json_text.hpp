#pragma once

#include <string>
#include <string_view>

#include "catena/config/document.hpp"
#include "catena/export.hpp"

namespace catena::config {

/// The text as a JSON string, with its quotes.
CATENA_API std::string json_string(std::string_view text);

/// The value as JSON without white space.
CATENA_API std::string to_json(const Value& value);

/// The value as a message shows it after "got": JSON, cut short when it is long; arrays and objects
/// by their kind only.
CATENA_API std::string shown(const Value& value);

}  // namespace catena::config
