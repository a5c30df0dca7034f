#pragma once

#include "catena/http/http_response.hpp"

namespace catena::testing {

using catena::HttpResponse;
using catena::take_response;
using catena::take_responses;

}  // namespace catena::testing
