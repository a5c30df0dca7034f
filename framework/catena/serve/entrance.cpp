#include "catena/serve/entrance.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <exception>
#include <string>
#include <utility>

#include "catena/serve/listener.hpp"

namespace catena {

Entrance::Arrival Entrance::let_in_next(int listening) noexcept {
  using Kind = Arrival::Kind;
  if (!table_.reserve()) return {.kind = Kind::full};
  for (;;) {
    Listener::Protocol::endpoint peer;
    auto size = static_cast<socklen_t>(peer.capacity());
    UniqueFd socket(::accept4(listening, peer.data(), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
    const int error = socket ? 0 : errno;
    try {
      if (socket) {
        peer.resize(size);
        const auto handle = enter(std::move(socket), to_client(peer));
        if (handle != nullptr) return {.kind = Kind::let_in, .handle = handle};
      }
    } catch (const std::exception& failure) {
      not_let_in_("a connection was closed, because there is no memory for it", failure);
    }
    // Gone before it was let in.
    if (error == EINTR || error == ECONNABORTED || error == EPROTO) continue;
    table_.give_back();
    if (error == 0) return {.kind = Kind::turned_away};
    return {.kind = error == EAGAIN ? Kind::nobody : Kind::failed, .error = error};
  }
}

/// Null when the address has enough connections.
ConnectionTable::Handle Entrance::enter(UniqueFd socket, Client client) {
  const std::string address = client.address;
  const auto handle = table_.enter(std::move(socket), std::move(client));
  if (handle == nullptr) {
    address_refused_("a connection from " + address +
                     " was closed: it has as many as one address may have");
  }
  return handle;
}

}  // namespace catena
