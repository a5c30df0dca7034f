#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>
#include <vector>

#include "catena/export.hpp"

namespace catena {

/// The directories that a server of this user puts its control socket into, the best first:
/// $RUNTIME_DIRECTORY, as systemd sets it, and no other then; otherwise /run/catena,
/// $XDG_RUNTIME_DIR/catena, /run/user/UID/catena and /tmp/catena-UID.
CATENA_API std::vector<std::filesystem::path> control_directories();

/// Why nobody should look for a control socket there, or put one there; empty when it is right: a
/// directory, not a link to one, that `owner` has and nobody else may write.
CATENA_API std::string_view distrust(const std::filesystem::path& directory, uid_t owner);

/// The name of a control socket in such a directory: "control-4711.sock".
CATENA_API std::filesystem::path control_name(pid_t process);
/// Whether it is one.
CATENA_API bool is_control_name(const std::filesystem::path& name);

}  // namespace catena
