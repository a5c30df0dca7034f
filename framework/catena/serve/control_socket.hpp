#pragma once

#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "catena/serve/control_message.hpp"
#include "catena/serve/socket_file.hpp"
#include "catena/serve/verdict.hpp"

namespace catena {

/// The local socket that `catena reload` asks at. Only this user and root get an answer. Nobody
/// waits for a client there: what is slow is asynchronous, and given up after a while. For the
/// thread that runs the io_context. Not a public header: it shows Asio.
class ControlSocket {
 public:
  struct Commands {
    std::function<control::Status()> status;
    std::function<void(TellVerdict)> reload;
  };
  ControlSocket(asio::io_context& io, Commands commands);

  /// Opens the socket at that path; throws std::runtime_error with the path and the reason.
  void open(const std::filesystem::path& path);
  /// Opens it in the first of control_directories() that will have it; what killed servers left
  /// there is removed. Throws std::runtime_error with all the reasons.
  void open_in_own_place();
  void close();

 private:
  class Session;
  using Protocol = asio::local::stream_protocol;
  void accept();

  asio::io_context& io_;
  const Commands commands_;
  Protocol::acceptor acceptor_;
  asio::steady_timer retry_;
  SocketFile file_;
  std::shared_ptr<std::size_t> sessions_ = std::make_shared<std::size_t>(0);
};

}  // namespace catena
