#pragma once

#include <string>

/// Inside libcatena only.
namespace catena::config {

/// Why a file can't be read, and what to do, from errno.
std::string read_error(int error);

}  // namespace catena::config
