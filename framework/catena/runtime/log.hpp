#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "catena/export.hpp"

/// The program's log: what happened, for who runs the server. It goes to standard error, a line a
/// message. Any thread may call any of these; none of them throws.
namespace catena::log {

enum class Level : std::uint8_t { trace, debug, info, warn, error, off };

/// The level of that name ("trace" to "error", "off"), or nothing.
CATENA_API std::optional<Level> parse_level(std::string_view name) noexcept;

/// Messages below the level are dropped. "info" at the start.
CATENA_API void set_level(Level level) noexcept;
CATENA_API bool enabled(Level level) noexcept;

CATENA_API void write(Level level, std::string_view message) noexcept;
inline void debug(std::string_view message) noexcept { write(Level::debug, message); }
inline void info(std::string_view message) noexcept { write(Level::info, message); }
inline void warn(std::string_view message) noexcept { write(Level::warn, message); }
inline void error(std::string_view message) noexcept { write(Level::error, message); }

/// Writes out what is buffered.
CATENA_API void flush() noexcept;

/// The text in double quotes, with quotes, backslashes, control characters and bytes from 0x7f on
/// escaped, and cut after 200 characters: how anything that a client sent is shown.
CATENA_API std::string quoted(std::string_view text);

}  // namespace catena::log
