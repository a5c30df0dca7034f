#pragma once

// What the tests of a plugin start from. A built module is tried by the real loader with
// `catena test`.

#include "catena/plugin.hpp"
#include "catena/testing/http_response.hpp"
#include "catena/testing/test_chain.hpp"
