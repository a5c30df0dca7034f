#include "catena/serve/listener.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/local/stream_protocol.hpp>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "catena/http/unique_fd.hpp"

namespace catena {
namespace {

using Endpoint = Listener::Protocol::endpoint;

constexpr int backlog = 4096;  // the kernel lowers it to net.core.somaxconn
// What the kernel may hold of a response beyond what is on its way. Without this it is megabytes
// for each client that reads slowly.
constexpr int most_unsent = 256 * 1024;

std::runtime_error can_not_listen(const ListenAddress& address, const std::string& reason) {
  return std::runtime_error("can't listen on " + address.text() + ": " + reason);
}

/// The reason, and what may be done about it.
std::string advice(const ListenAddress& address, const std::error_code& error) {
  if (address.is_local()) {
    if (error.value() != EADDRINUSE) return error.message();
    return error.message() + "; remove what is there, or choose another path";
  }
  switch (error.value()) {
    case EADDRINUSE:
      return error.message() + "; another program listens there: stop it, or choose another port";
    case EACCES: return error.message() + "; ports below 1024 need the right to bind them";
    case EADDRNOTAVAIL: return error.message() + "; it is no address of this machine";
    default: return error.message();
  }
}

asio::ip::tcp::endpoint to_tcp(const Endpoint& endpoint) {
  asio::ip::tcp::endpoint tcp;
  std::memcpy(tcp.data(), endpoint.data(), endpoint.size());
  tcp.resize(endpoint.size());
  return tcp;
}

void set_tcp_option(Listener& listener, int name, int value) {
  ::setsockopt(listener.acceptor.native_handle(), IPPROTO_TCP, name, &value, sizeof value);
}

Listener open_listener(asio::io_context& io, const Endpoint& endpoint) {
  Listener listener{
      asio::basic_socket_acceptor<Listener::Protocol>(io), asio::steady_timer(io), {}, {}};
  listener.acceptor.open(endpoint.protocol());
  if (endpoint.protocol().family() == AF_INET6) {
    listener.acceptor.set_option(asio::ip::v6_only(true));
  }
  if (endpoint.protocol().family() != AF_UNIX) {
    listener.acceptor.set_option(asio::socket_base::reuse_address(true));
    // Connections inherit these.
    set_tcp_option(listener, TCP_NODELAY, 1);
    set_tcp_option(listener, TCP_NOTSENT_LOWAT, most_unsent);
  }
  listener.acceptor.bind(endpoint);
  listener.acceptor.listen(backlog);
  return listener;
}

/// A socket file that nobody listens behind is what a killed server left; it may go.
void remove_stale_socket(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int connected =
      ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (connected != 0 && errno == ECONNREFUSED) ::unlink(path.c_str());
}

}  // namespace

std::vector<Listener> open_listeners(asio::io_context& io, const ListenAddress& address) {
  std::vector<Listener> listeners;
  try {
    if (address.is_local()) {
      remove_stale_socket(address.path);
      listeners.push_back(open_listener(io, asio::local::stream_protocol::endpoint(address.path)));
      listeners.back().url = listeners.back().local_path = address.path;
      listeners.back().url.insert(0, "unix:");
      return listeners;
    }
    using asio::ip::tcp;
    tcp::resolver resolver(io);
    auto port = address.port;
    for (const auto& result :
         resolver.resolve(address.host, std::to_string(port),
                          tcp::resolver::passive | tcp::resolver::numeric_service)) {
      tcp::endpoint endpoint = result.endpoint();
      endpoint.port(port);
      listeners.push_back(open_listener(io, endpoint));
      const tcp::endpoint bound = to_tcp(listeners.back().acceptor.local_endpoint());
      port = bound.port();  // where the kernel chose, all addresses of the name share the choice
      listeners.back().url =
          "http://" + ListenAddress{bound.address().to_string(), port, {}}.text();
    }
  } catch (const std::system_error& error) {
    throw can_not_listen(address, advice(address, error.code()));
  }
  return listeners;
}

Client to_client(const Endpoint& endpoint) {
  if (endpoint.protocol().family() == AF_UNIX) return {"unix:", 0};
  const asio::ip::tcp::endpoint tcp = to_tcp(endpoint);
  return {tcp.address().to_string(), tcp.port()};
}

}  // namespace catena
