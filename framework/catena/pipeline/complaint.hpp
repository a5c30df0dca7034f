#pragma once

#include <string>
#include <string_view>

#include "catena/pipeline/exchange.hpp"

namespace catena {

/// `static_file failed on "GET / HTTP/1.1": what`, for the log.
std::string complaint(const Exchange& exchange, std::string_view handler, std::string_view what);

/// What the exception that is being handled says.
std::string cause_in_flight();

}  // namespace catena
