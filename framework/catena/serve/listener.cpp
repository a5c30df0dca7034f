#include "catena/serve/listener.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <asio/basic_socket_acceptor.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/local/stream_protocol.hpp>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "catena/http/unique_fd.hpp"
#include "catena/net/unsent_limit.hpp"

namespace catena {
namespace {

using Endpoint = Listener::Protocol::endpoint;

constexpr int backlog = 4096;  // the kernel lowers it to net.core.somaxconn

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

using Acceptor = asio::basic_socket_acceptor<Listener::Protocol>;

void set_tcp_option(int socket, int name, int value) {
  ::setsockopt(socket, IPPROTO_TCP, name, &value, sizeof value);
}

/// Sockets that are on their way out, and let others have their place while this lives.
class Leaving {
 public:
  explicit Leaving(std::vector<int> sockets) : sockets_(std::move(sockets)) {}
  Leaving(const Leaving&) = delete;
  Leaving& operator=(const Leaving&) = delete;
  ~Leaving() { share(false); }

  bool any() const noexcept { return !sockets_.empty(); }
  void share(bool on) const noexcept {
    for (const int socket : sockets_) set_sharing(socket, on);
  }
  static void set_sharing(int socket, bool on) noexcept {
    const int value = on ? 1 : 0;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &value, sizeof value);
  }

 private:
  std::vector<int> sockets_;
};

/// Binds, if need be beside those that leave.
void bind(Acceptor& acceptor, const Endpoint& endpoint, const Leaving& leaving) {
  asio::error_code error;
  acceptor.bind(endpoint, error);
  const bool shares = error == asio::error::address_in_use && leaving.any() &&
                      endpoint.protocol().family() != AF_UNIX;
  if (shares) {
    leaving.share(true);
    Leaving::set_sharing(acceptor.native_handle(), true);
    acceptor.bind(endpoint, error);
  }
  if (error) throw std::system_error(error);
}

/// Sets what connections inherit. Some kinds of congestion control, such as BBR, space out what is
/// sent, by a timer for each piece: for the sake of networks, of which there is none between
/// programs of one machine. Reno does not, and every system has it and lets anybody choose it.
void tune(int socket, const asio::ip::tcp::endpoint& endpoint) {
  set_tcp_option(socket, TCP_NODELAY, 1);
  set_tcp_option(socket, TCP_NOTSENT_LOWAT, UnsentLimit::little);
  if (!endpoint.address().is_loopback()) return;
  constexpr std::string_view reno = "reno";
  ::setsockopt(socket, IPPROTO_TCP, TCP_CONGESTION, reno.data(), reno.size());
}

Listener open_listener(asio::io_context& io, const Endpoint& endpoint, const Leaving& leaving) {
  Acceptor acceptor(io);
  acceptor.open(endpoint.protocol());
  if (endpoint.protocol().family() == AF_INET6) acceptor.set_option(asio::ip::v6_only(true));
  if (endpoint.protocol().family() != AF_UNIX) {
    acceptor.set_option(asio::socket_base::reuse_address(true));
    tune(acceptor.native_handle(), to_tcp(endpoint));
  }
  bind(acceptor, endpoint, leaving);
  acceptor.listen(backlog);
  Listener listener(io);
  listener.socket.reset(acceptor.release());
  return listener;
}

Endpoint local_endpoint(int socket) {
  Endpoint address;
  auto size = static_cast<socklen_t>(address.capacity());
  if (::getsockname(socket, address.data(), &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "a socket that was handed over");
  }
  address.resize(size);
  return address;
}

std::string url_of(const asio::ip::tcp::endpoint& endpoint) {
  return "http://" + ListenAddress{endpoint.address().to_string(), endpoint.port(), {}}.text();
}

/// "unix:/path", or "unix:@name" of one that has no file.
std::string url_of_local(const Endpoint& endpoint) {
  sockaddr_un address{};
  std::memcpy(&address, endpoint.data(), endpoint.size());
  const std::size_t length = endpoint.size() - offsetof(sockaddr_un, sun_path);
  std::string path(address.sun_path, length);
  if (!path.empty() && path.front() == '\0') {
    path.front() = '@';
  } else {
    path.resize(path.find_last_not_of('\0') + 1);
  }
  return "unix:" + path;
}

/// Whether the kernel has sockets of that family: it may have been started without IPv6.
bool is_supported(int family) {
  const UniqueFd probe(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return probe || errno != EAFNOSUPPORT;
}

/// All sockets of one address. Of a name's addresses, those of a family that is not supported are
/// left out, unless there are no others.
std::vector<Listener> open_address(asio::io_context& io, const ListenAddress& address,
                                   const Leaving& leaving) {
  std::vector<Listener> listeners;
  try {
    if (address.is_local()) {
      remove_stale_socket(address.path);
      listeners.push_back(
          open_listener(io, asio::local::stream_protocol::endpoint(address.path), leaving));
      listeners.back().file = SocketFile(address.path);
      listeners.back().url = "unix:" + address.path;
      return listeners;
    }
    using asio::ip::tcp;
    tcp::resolver resolver(io);
    auto port = address.port;
    for (const auto& result :
         resolver.resolve(address.host, std::to_string(port),
                          tcp::resolver::passive | tcp::resolver::numeric_service)) {
      tcp::endpoint endpoint = result.endpoint();
      if (!is_supported(endpoint.protocol().family())) continue;
      endpoint.port(port);
      listeners.push_back(open_listener(io, endpoint, leaving));
      const tcp::endpoint bound = to_tcp(local_endpoint(listeners.back().socket.get()));
      port = bound.port();  // where the kernel chose, all addresses of the name share the choice
      listeners.back().url = url_of(bound);
    }
    if (listeners.empty()) throw std::system_error(asio::error::address_family_not_supported);
  } catch (const std::system_error& error) {
    throw can_not_listen(address, advice(address, error.code()));
  }
  return listeners;
}

bool holds(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

}  // namespace

std::vector<std::shared_ptr<Listener>> open_listeners(asio::io_context& io,
                                                      const std::vector<std::string>& texts,
                                                      const std::vector<OpenAddress>& open) {
  std::vector<std::string> there;
  std::vector<int> unnamed;
  for (const OpenAddress& address : open) {
    if (holds(texts, address.text))
      there.push_back(address.text);
    else
      unnamed.push_back(address.socket.get());
  }
  const Leaving leaving(std::move(unnamed));
  std::vector<std::shared_ptr<Listener>> listeners;
  for (const std::string& text : texts) {
    if (holds(there, text)) continue;
    there.push_back(text);
    const auto address = parse_listen_address(text);
    if (!address) throw std::runtime_error("\"" + text + "\" is no address to listen on");
    for (Listener& listener : open_address(io, *address, leaving)) {
      listeners.push_back(std::make_shared<Listener>(std::move(listener)));
      listeners.back()->text = text;
    }
  }
  return listeners;
}

std::shared_ptr<Listener> adopt_listener(asio::io_context& io, UniqueFd socket, std::string text) {
  const Endpoint address = local_endpoint(socket.get());
  auto listener = std::make_shared<Listener>(io);
  listener->text = std::move(text);
  listener->socket = std::move(socket);
  if (address.protocol().family() == AF_UNIX) {
    listener->url = url_of_local(address);
  } else {
    const asio::ip::tcp::endpoint bound = to_tcp(address);
    tune(listener->socket.get(), bound);
    listener->url = url_of(bound);
  }
  return listener;
}

void end_sharing(Listener& listener) { Leaving::set_sharing(listener.socket.get(), false); }

Client to_client(const Endpoint& endpoint) {
  if (endpoint.protocol().family() == AF_UNIX) return {"unix:", 0};
  const asio::ip::tcp::endpoint tcp = to_tcp(endpoint);
  return {tcp.address().to_string(), tcp.port()};
}

}  // namespace catena
