#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "catena/export.hpp"

namespace catena::config {

/// Durations and sizes as a configuration writes them.

/// "500ms", "10s", "5m", "1h" in milliseconds: a whole number and a unit, nothing else.
CATENA_API std::optional<std::int64_t> parse_duration(std::string_view text);
/// In the largest unit that holds it whole.
CATENA_API std::string duration_text(std::int64_t milliseconds);

/// "8KiB", "1MiB", "1GiB" in bytes: a whole number and a unit, nothing else.
CATENA_API std::optional<std::int64_t> parse_size(std::string_view text);
/// In the largest unit that holds it whole; without a unit, bytes.
CATENA_API std::string size_text(std::int64_t bytes);

/// Regular expressions (ECMA-262) for exactly what is parsed as lowest to highest.
CATENA_API std::string duration_pattern(std::int64_t lowest, std::int64_t highest);
CATENA_API std::string size_pattern(std::int64_t lowest, std::int64_t highest);

}  // namespace catena::config
