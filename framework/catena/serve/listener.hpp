#pragma once

#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "catena/http/unique_fd.hpp"
#include "catena/net/address.hpp"
#include "catena/pipeline/exchange.hpp"
#include "catena/serve/door.hpp"
#include "catena/serve/socket_file.hpp"

namespace catena {

/// One listening socket, TCP or local. Not a public header: it shows Asio.
struct Listener {
  using Protocol = asio::generic::stream_protocol;
  explicit Listener(asio::io_context& io) : arrivals(io), retry(io) {}

  UniqueFd socket;
  asio::posix::stream_descriptor arrivals;  ///< a duplicate, while the main thread waits for them
  asio::steady_timer retry;                 ///< accepting waits on it when it can't go on at once
  Door* door = nullptr;                     ///< through which threads accept, while they do
  std::string text;                         ///< as the configuration writes it
  std::string url;                          ///< as a client would write it
  SocketFile file;                          ///< of a local socket
};

/// An address that is listened on, by the text that names it, and a duplicate of its socket.
struct OpenAddress {
  std::string text;
  UniqueFd socket;
};

/// Opens a listening socket for every address that each of the texts stands for, but for texts
/// that are open already. Sockets that no text names are on their way out: a new one may have the
/// place of one of these, beside it for the time being. Any thread. Throws std::runtime_error with
/// the address and the reason, and leaves everything as it was.
std::vector<std::shared_ptr<Listener>> open_listeners(asio::io_context& io,
                                                      const std::vector<std::string>& texts,
                                                      const std::vector<OpenAddress>& open = {});

/// Lets nobody else have the socket's place, once those are gone that it shared it with.
void end_sharing(Listener& listener);

/// Listens on a socket that somebody else has opened and bound, and will remove the file of.
std::shared_ptr<Listener> adopt_listener(asio::io_context& io, UniqueFd socket, std::string text);

/// Who is at the other end of an accepted socket.
Client to_client(const asio::generic::stream_protocol::endpoint& endpoint);

}  // namespace catena
