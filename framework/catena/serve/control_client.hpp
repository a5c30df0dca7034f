#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "catena/export.hpp"
#include "catena/serve/control_message.hpp"

/// The other side of a server's control socket.
namespace catena::control {

/// A control socket, and who answered there.
struct Found {
  std::filesystem::path socket;
  std::optional<Status> status;  ///< nothing when somebody listens and does not answer
};

/// Asks at one socket; nothing when nobody listens there.
CATENA_API std::optional<Found> find_at(const std::filesystem::path& socket);
/// Asks at all sockets in control_directories(), but for directories that are not to be trusted.
CATENA_API std::vector<Found> find_all();

/// Has a server reload, and waits for the verdict. Throws std::runtime_error when there is none,
/// and says why, and what the reload was at.
CATENA_API Verdict reload(const std::filesystem::path& socket, std::chrono::milliseconds timeout);

}  // namespace catena::control
