#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "catena/export.hpp"

namespace catena {

/// Where to listen: "host:port", "[v6]:port" or "unix:PATH". An empty host or "*" means every
/// address of the machine.
struct ListenAddress {
  std::string host;        ///< a name or an address, without brackets
  std::uint16_t port = 0;  ///< 0: the kernel chooses
  std::string path;        ///< of a local socket; then host and port mean nothing

  bool is_local() const noexcept { return !path.empty(); }
  /// As a configuration writes it.
  CATENA_API std::string text() const;
};

/// Nothing when the text has none of the three forms.
CATENA_API std::optional<ListenAddress> parse_listen_address(std::string_view text);

/// Whether the address is the machine itself: 127.0.0.0/8, ::1, or a local socket's.
CATENA_API bool is_loopback(std::string_view address) noexcept;

}  // namespace catena
