#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "catena/http/unique_fd.hpp"
#include "catena/testing/http_response.hpp"

namespace catena::testing {

/// A client on a real socket. Every wait ends after a minute with an exception, so that a test
/// that waits for what never comes fails instead of hanging.
class SocketClient {
 public:
  /// Connects to 127.0.0.1.
  explicit SocketClient(std::uint16_t port);
  /// Connects to a local socket.
  explicit SocketClient(const std::string& path);
  /// Takes over a connected socket.
  explicit SocketClient(UniqueFd socket) : socket_(std::move(socket)) {}

  void send(std::string_view bytes);
  /// Sends GET with Host, and reads the response.
  HttpResponse get(std::string_view target, std::string_view more_fields = {});
  /// Reads the next response off the connection, interim ones left out; throws when it ends before.
  HttpResponse read_response(bool head_request = false);
  /// All that comes until the other side closes.
  std::string read_to_end();
  /// Whether the other side has closed; waits for that or for bytes.
  bool at_end();
  /// Tells the other side that no more will be sent.
  void finish_sending();
  /// Closes so that the other side sees a reset.
  void reset();
  int fd() const { return socket_.get(); }

 private:
  /// False at the end.
  bool receive();
  UniqueFd socket_;
  std::string received_;
};

}  // namespace catena::testing
