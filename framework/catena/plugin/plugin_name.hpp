#pragma once

#include <string_view>

#include "catena/export.hpp"

namespace catena {

/// Whether a plugin may be called that: by the rule below. Modules whose plugins are called
/// otherwise are refused.
CATENA_API bool is_plugin_name(std::string_view text) noexcept;

/// The rule in words.
inline constexpr std::string_view plugin_name_rule =
    "lower-case letters, digits and underscores, the first a letter, at most 64";

}  // namespace catena
