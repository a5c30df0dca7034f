#include "catena/net/address.hpp"

#include <arpa/inet.h>
#include <sys/un.h>

#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>

namespace catena {
namespace {

constexpr std::string_view local_prefix = "unix:";

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

/// With or without the interface that it is reached by: "fe80::1%eth0".
bool is_v6(std::string_view host) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, std::string(host.substr(0, host.find('%'))).c_str(), &address) == 1;
}

}  // namespace

std::string ListenAddress::text() const {
  if (is_local()) return std::string(local_prefix) + path;
  const bool is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
  ListenAddress address;
  if (text.substr(0, local_prefix.size()) == local_prefix) {
    address.path = text.substr(local_prefix.size());
    const bool fits = !address.path.empty() && address.path.size() < sizeof(sockaddr_un::sun_path);
    return fits ? std::optional(address) : std::nullopt;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (!is_v6(host)) return std::nullopt;
  } else if (host.find_first_of(":[]") != std::string_view::npos) {
    return std::nullopt;
  }
  if (!port) return std::nullopt;
  address.host = host == "*" ? std::string_view{} : host;
  address.port = *port;
  return address;
}

bool is_loopback(std::string_view address) noexcept {
  constexpr std::string_view v4_mapped = "::ffff:127.";
  return address.substr(0, 4) == "127." || address == "::1" ||
         address.substr(0, v4_mapped.size()) == v4_mapped || address.substr(0, 5) == local_prefix;
}

}  // namespace catena
