#pragma once

#include <cstddef>

#include "catena/config/diagnostics.hpp"
#include "catena/config/document.hpp"
#include "catena/config/outside.hpp"
#include "catena/export.hpp"

namespace catena::config {

/// How deep files may include one another.
inline constexpr std::size_t deepest_includes = 16;

/// Puts what a parsed document takes from outside in its place: variables in its strings, and files
/// where an object's only member is "include". An included file that holds an array, and stands as
/// an entry of one, leaves its entries there. Included values keep their file, position and
/// pointer. What can't be had is reported, and the value says so: see Value::failure. All that
/// comes from outside together is at most largest_file, and the whole no deeper than
/// deepest_nesting.
CATENA_API void resolve(Value& document, const Outside& outside, Diagnostics& diagnostics);

}  // namespace catena::config
