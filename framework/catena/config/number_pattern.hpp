#pragma once

#include <cstdint>
#include <string>

#include "catena/export.hpp"

/// Inside libcatena only.
namespace catena::config {

/// A regular expression (ECMA-262), without anchors, for the decimal numbers from lowest to
/// highest, which are not negative; zeros may stand in front. Matches nothing when lowest is above
/// highest.
CATENA_API std::string number_pattern(std::int64_t lowest, std::int64_t highest);

}  // namespace catena::config
