#pragma once

#include <atomic>

#include "catena/net/socket_stream.hpp"
#include "catena/serve/activity.hpp"
#include "catena/serve/connection.hpp"

namespace catena {

/// What a thread serves connections with: one after the other, as long as each is idle when it is
/// left. It goes with a connection that is left in the middle of a request.
struct Seat {
  Seat(const CurrentService& current, const std::atomic<bool>& stopping)
      : connection(stream, current, stopping) {}

  SocketStream stream;
  Connection connection;
};

}  // namespace catena
