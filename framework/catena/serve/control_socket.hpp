#pragma once

#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <string>

#include "catena/serve/control_message.hpp"
#include "catena/serve/socket_file.hpp"
#include "catena/serve/verdict.hpp"

namespace catena {

/// The local sockets that `catena reload` asks at: one in a place where every server of this user
/// is found, and another where the configuration names one. Only this user and root get an answer.
/// Nobody waits for a client there: what is slow is asynchronous, and given up after a while. For
/// the thread that runs the io_context. Not a public header: it shows Asio.
class ControlSocket {
 public:
  struct Commands {
    std::function<control::Status()> status;
    std::function<void(TellVerdict)> reload;
  };
  ControlSocket(asio::io_context& io, Commands commands);

  /// Opens one at that path; throws std::runtime_error with the path and the reason. Another one is
  /// opened in a place of our own, if it can be: who looks for this server by its process, or by a
  /// configuration that names no socket any more, finds it there.
  void open(const std::filesystem::path& path);
  /// Opens one in the first of control_directories() that will have it; what killed servers left
  /// there is removed. Throws std::runtime_error with all the reasons.
  void open_in_own_place();
  void close();

 private:
  class Session;
  using Protocol = asio::local::stream_protocol;
  struct Door {
    explicit Door(asio::io_context& io) : acceptor(io), retry(io) {}
    Protocol::acceptor acceptor;
    asio::steady_timer retry;
    SocketFile file;
  };
  void open_door(const std::filesystem::path& path);
  void accept(Door& door);

  asio::io_context& io_;
  const Commands commands_;
  std::list<Door> doors_;
  std::shared_ptr<std::size_t> sessions_ = std::make_shared<std::size_t>(0);
};

}  // namespace catena
