#pragma once

#include <asio/basic_socket_acceptor.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <string>
#include <vector>

#include "catena/net/address.hpp"
#include "catena/pipeline/exchange.hpp"

namespace catena {

/// One listening socket, TCP or local. Not a public header: it shows Asio.
struct Listener {
  using Protocol = asio::generic::stream_protocol;
  asio::basic_socket_acceptor<Protocol> acceptor;
  asio::steady_timer retry;  ///< accepting waits on it when it can't go on at once
  std::string url;           ///< as a client would write it
  std::string local_path;    ///< of a local socket's file, to be removed at the end
};

/// Opens a listening socket for every address that the name stands for. Throws std::runtime_error
/// with the address and the reason.
std::vector<Listener> open_listeners(asio::io_context& io, const ListenAddress& address);

/// Who is at the other end of an accepted socket.
Client to_client(const asio::generic::stream_protocol::endpoint& endpoint);

}  // namespace catena
