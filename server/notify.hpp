#pragma once

#include <string_view>

namespace catena::server {

/// Tells the service manager how this process stands, as sd_notify(3) does: "READY=1". Nothing
/// happens when none asked to be told (NOTIFY_SOCKET); what can't be told is logged.
void notify_service_manager(std::string_view state);

}  // namespace catena::server
