#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "catena/export.hpp"
#include "catena/plugin/registry.hpp"

namespace catena {

/// A shared library that was loaded, with the plugins that it brings. It stays until the process
/// ends: nothing that was made of its code can outlive it. One object stands for one loaded copy of
/// code: where two plugins have the same one, they come of the same code, byte for byte.
struct Module {
  std::filesystem::path path;  ///< of the file that it was read from
};

/// Loads the shared library at that path and adds its plugins, with `module` in each. When it is
/// refused, nothing is added, and what is returned says why, as a sentence about the file, without
/// its path: "it was built for …", "there is no such file …".
///
/// The file is read once; a file with other content is another module, whatever stood at its path
/// before, and one with the content of a module that was loaded is that module. The signature is
/// compared before anything is loaded. Any thread.
CATENA_API std::optional<std::string> add_module(const std::filesystem::path& path,
                                                 Registry& registry);

}  // namespace catena
