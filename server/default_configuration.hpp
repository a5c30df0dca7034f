#pragma once

#include <string_view>

namespace catena::server {

/// The text of default.json, which is part of the binary.
extern const std::string_view default_configuration;

}  // namespace catena::server
