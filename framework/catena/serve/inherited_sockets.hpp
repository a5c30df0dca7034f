#pragma once

#include <vector>

#include "catena/export.hpp"
#include "catena/http/unique_fd.hpp"

namespace catena {

/// Takes the listening sockets that whoever started this process has opened for it and handed over:
/// socket activation, as systemd does it. LISTEN_PID names the process that they are for,
/// LISTEN_FDS says how many there are, from descriptor 3 on. None when LISTEN_PID is not there or
/// is another process.
///
/// They are closed on exec, and the variables are removed, so that no child takes them for its own.
/// Call it once, before there are threads. Throws std::runtime_error, with the descriptor and what
/// is wrong with it, when one is no TCP or local stream socket that listens.
CATENA_API std::vector<UniqueFd> take_inherited_sockets();

}  // namespace catena
