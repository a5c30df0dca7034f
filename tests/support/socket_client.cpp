#include "support/socket_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace catena::testing {
namespace {

constexpr int patience_ms = 60'000;

std::system_error failure(const char* what) { return {errno, std::generic_category(), what}; }

void wait_for(int socket, short events) {
  pollfd entry{socket, events, 0};
  const int ready = ::poll(&entry, 1, patience_ms);
  if (ready < 0) throw failure("poll");
  if (ready == 0) throw std::runtime_error("the server did nothing for a minute");
}

/// Whether the response in front may have come whole, as far as its head and a search for the last
/// chunk tell: so that a large one is not taken apart anew for every piece that comes. `searched`
/// is where the search goes on, 0 for a new response.
bool may_be_whole(std::string_view received, std::size_t& searched) {
  constexpr std::string_view length = "\r\nContent-Length: ";
  constexpr std::string_view last_chunk = "\r\n0";
  const std::size_t end = received.find("\r\n\r\n");
  if (end == std::string_view::npos) return false;
  const std::string_view head = received.substr(0, end + 2);
  if (const std::size_t at = head.find(length); at != std::string_view::npos) {
    const std::size_t size = std::strtoull(head.data() + at + length.size(), nullptr, 10);
    return received.size() - end - 4 >= size;
  }
  if (head.find("\r\nTransfer-Encoding: chunked\r\n") == std::string_view::npos) return true;
  searched = std::max(searched, end + 2);
  if (const std::size_t at = received.find(last_chunk, searched); at != std::string_view::npos) {
    searched = at;
    return true;
  }
  searched = std::max(searched, received.size() - (last_chunk.size() - 1));
  return false;
}

UniqueFd connect_to(const sockaddr* address, socklen_t size) {
  UniqueFd socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket || ::connect(socket.get(), address, size) != 0) throw failure("connect");
  return socket;
}

}  // namespace

SocketClient::SocketClient(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socket_ = connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

SocketClient::SocketClient(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  socket_ = connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

void SocketClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    wait_for(socket_.get(), POLLOUT);
    const ssize_t sent =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) throw failure("send");
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

HttpResponse SocketClient::get(std::string_view target, std::string_view more_fields) {
  std::string request = "GET " + std::string(target) + " HTTP/1.1\r\nHost: test\r\n";
  send(request.append(more_fields).append("\r\n"));
  return read_response();
}

HttpResponse SocketClient::read_response(bool head_request) {
  bool ended = false;
  for (;;) {
    std::size_t searched = 0;
    while (!ended && !head_request && !may_be_whole(received_, searched)) ended = !receive();
    std::string_view rest = received_;
    auto response = take_response(rest, head_request, ended);
    if (response && response->complete) {
      received_.erase(0, received_.size() - rest.size());
      if (response->status / 100 != 1 || response->status == 101) return std::move(*response);
      continue;
    }
    if (ended) throw std::runtime_error("the connection ended in a response: " + received_);
    ended = !receive();
  }
}

std::string SocketClient::read_to_end() {
  while (receive()) {
  }
  return std::exchange(received_, {});
}

bool SocketClient::at_end() { return received_.empty() && !receive(); }

void SocketClient::finish_sending() { ::shutdown(socket_.get(), SHUT_WR); }

void SocketClient::reset() {
  const linger hard{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  socket_.reset();
}

bool SocketClient::receive() {
  std::array<char, 65536> buffer;
  wait_for(socket_.get(), POLLIN);
  const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (got < 0 && errno == ECONNRESET) return false;
  if (got < 0) throw failure("recv");
  received_.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

}  // namespace catena::testing
