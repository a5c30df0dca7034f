#include "catena/serve/inherited_sockets.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace catena {
namespace {

constexpr int first_inherited = STDERR_FILENO + 1;

/// The variable's value, which is removed.
std::optional<std::string> take_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  std::string taken = value;
  ::unsetenv(name);
  return taken;
}

std::optional<int> parse_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

std::optional<int> option_of(int fd, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(fd, SOL_SOCKET, name, &value, &size) != 0) return std::nullopt;
  return value;
}

/// What keeps the descriptor from being listened on; empty when nothing does.
std::string_view fault_of(int fd) {
  if (::fcntl(fd, F_GETFD) < 0) return "is not open";
  const auto type = option_of(fd, SO_TYPE);
  if (!type) return "is no socket";
  const auto family = option_of(fd, SO_DOMAIN).value_or(AF_UNSPEC);
  if (family != AF_INET && family != AF_INET6 && family != AF_UNIX) {
    return "is neither a TCP nor a local socket";
  }
  if (type != SOCK_STREAM) return "is no stream socket";
  if (option_of(fd, SO_ACCEPTCONN) != 1) return "does not listen";
  return {};
}

}  // namespace

std::vector<UniqueFd> take_inherited_sockets() {
  const auto process = take_variable("LISTEN_PID");
  const auto count = take_variable("LISTEN_FDS");
  take_variable("LISTEN_FDNAMES");
  std::vector<UniqueFd> sockets;
  if (!process || !count || parse_number(*process) != ::getpid()) return sockets;
  const auto number = parse_number(*count);
  if (!number) {
    throw std::runtime_error("LISTEN_FDS is \"" + *count + "\": expected a number of sockets");
  }
  for (int fd = first_inherited; fd - first_inherited < *number; ++fd) {
    if (const std::string_view fault = fault_of(fd); !fault.empty()) {
      throw std::runtime_error("descriptor " + std::to_string(fd) +
                               ", handed over by LISTEN_FDS, " + std::string(fault) +
                               "; a unit of systemd needs ListenStream= and Accept=no");
    }
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    sockets.emplace_back(fd);
  }
  return sockets;
}

}  // namespace catena
