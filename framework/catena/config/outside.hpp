#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "catena/export.hpp"

namespace catena::config {

/// What documents may ask for from outside of themselves. Both are called on the thread that reads,
/// and may be asked for anything.
struct Outside {
  /// The value of an environment variable; nothing when it is not set.
  std::function<std::optional<std::string>(const std::string& name)> variable;
  /// The text of a file, or errno, or a number below 0 when it is nothing to read. A file that is
  /// larger than largest_file may be cut after one byte more.
  std::function<std::variant<std::string, int>(const std::filesystem::path& path)> file;
};

/// The environment and the files of this process.
CATENA_API Outside of_this_process();

}  // namespace catena::config
