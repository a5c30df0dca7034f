#pragma once

#include <catena/plugin.hpp>
#include <chrono>

/// When the chain began with a request: what the handlers behind request_timer, of other plugins
/// and other modules too, find in `exchange.values`. Visible, so that it is one type in all of
/// them.
struct [[gnu::visibility("default")]] RequestBegan {
  std::chrono::steady_clock::time_point at;
};

catena::Plugin request_timer();
