#pragma once

#include <string_view>

#include "catena/export.hpp"

namespace catena {

/// What requests are told apart by. Paths are decoded and normalised, as `Target::path` says, and a
/// slash at the end makes no difference here.

/// Whether the path is the prefix or stands beneath it, by whole segments: "/docs" holds "/docs",
/// "/docs/" and "/docs/a", not "/docsearch". "/" holds every path.
CATENA_API bool is_beneath(std::string_view path, std::string_view prefix) noexcept;

/// Whether the text begins with '/' and is as `Target::path` would have it: nothing in it looks
/// percent-encoded, and no segment is empty (but for the last), "." or "..". A path or pattern that
/// is not matches next to nothing.
CATENA_API bool is_normal_path(std::string_view text) noexcept;

/// Whether the text is a method name (a token), and none of the registered ones in lower case:
/// "get" is another method than "GET", and nobody's.
CATENA_API bool is_method_name(std::string_view text) noexcept;

/// Whether the pattern may be given to `matches_path`: it begins with '/', and "**" stands alone in
/// its segment.
CATENA_API bool is_path_pattern(std::string_view pattern) noexcept;

/// Whether the pattern matches the whole path. In a segment, '*' stands for any characters; a
/// segment "**" stands for any number of segments, none included.
CATENA_API bool matches_path(std::string_view path, std::string_view pattern) noexcept;

/// Whether the pattern may be given to `matches_host`: a host without a port, or "*." and a name.
CATENA_API bool is_host_pattern(std::string_view pattern) noexcept;

/// Whether a host, with or without a port, is the pattern's, without regard to case and to a dot at
/// the end; "*.example.com" matches every name below example.com, not that name itself.
CATENA_API bool matches_host(std::string_view host, std::string_view pattern) noexcept;

}  // namespace catena
