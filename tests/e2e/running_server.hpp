#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "support/process.hpp"
#include "support/socket_client.hpp"

namespace catena::testing {

/// The real binary, serving on a port that the system chose.
class RunningServer {
 public:
  /// "--port 0" is added to the arguments.
  explicit RunningServer(Process::Setup setup);
  /// By a configuration, whose "listen" should have port 0; nothing is added.
  static Process::Setup with_configuration(const TempDir& directory, std::string_view text);
  struct AsConfigured {};
  RunningServer(Process::Setup setup, AsConfigured);

  std::uint16_t port() const { return port_; }
  SocketClient connect() const { return SocketClient(port_); }
  Process& process() { return process_; }
  /// SIGTERM, and the exit code.
  int stop();

 private:
  Process process_;
  std::uint16_t port_ = 0;
};

/// A server over the files of a directory, with the default chain.
Process::Setup serving(const TempDir& directory, std::vector<std::string> more_arguments = {});

}  // namespace catena::testing
