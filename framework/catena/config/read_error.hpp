#pragma once

#include <string>

/// Inside libcatena only.
namespace catena::config {

/// In the place of errno: it is a named pipe, a device of blocks or a socket.
inline constexpr int no_plain_file = -1;

/// Why a file can't be read, and what to do, from errno.
std::string read_error(int error);

}  // namespace catena::config
