#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "catena/export.hpp"

namespace catena::elf {

/// What a file that should be a shared library says of itself, read without loading it.
struct Inspection {
  /// Why the file can't be loaded, as a sentence about it; empty when it is a whole shared library
  /// for this machine.
  std::string problem;
  /// The content of the section that was asked for; a view of the file.
  std::optional<std::string_view> section;
};

/// Any bytes whatsoever are safe to give.
CATENA_API Inspection inspect(std::string_view file, std::string_view section_name);

}  // namespace catena::elf
