#pragma once

#include <string>
#include <string_view>

#include "catena/export.hpp"

namespace catena {

/// How text that a client sent is shown to people and programs, whatever bytes are in it.

/// Appends the text with \" and \\ for quotes and backslashes, and \xHH for control characters and
/// bytes from 0x7f on: what comes out is visible ASCII and spaces, and can stand between quotes.
CATENA_API void append_escaped(std::string& out, std::string_view text);

/// Appends the text as a JSON string with its quotes (RFC 8259 section 7), in UTF-8. Control
/// characters become \u00XX, and so does a byte that is no UTF-8: the character of that number, as
/// in ISO 8859-1.
CATENA_API void append_json_string(std::string& out, std::string_view text);

/// Whether all of the text is UTF-8 (RFC 3629).
CATENA_API bool is_utf8(std::string_view text) noexcept;

}  // namespace catena
