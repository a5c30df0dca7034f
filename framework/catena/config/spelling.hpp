#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "catena/export.hpp"

namespace catena::config {

/// The known word that was probably meant: the one that the fewest insertions, deletions, changes
/// and swaps of neighbours lead to (case, and '-' for '_', count as nothing), when that is at most
/// a third of the word. The first of equals; nothing when none is near. The view is of `known`.
CATENA_API std::optional<std::string_view> nearest(std::string_view word,
                                                   std::span<const std::string> known);

}  // namespace catena::config
