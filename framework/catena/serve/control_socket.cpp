#include "catena/serve/control_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "catena/runtime/log.hpp"
#include "catena/serve/control_place.hpp"

namespace catena {
namespace {

constexpr std::chrono::seconds time_to_ask{5};
constexpr std::chrono::seconds time_to_take_the_answer{5};
constexpr std::chrono::milliseconds retry_after{100};
constexpr std::size_t most_sessions = 16;

bool may_ask(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == ::geteuid();
}

std::runtime_error can_not_open(const std::filesystem::path& path, std::string_view reason) {
  return std::runtime_error("can't open the control socket " + path.string() + ": " +
                            std::string(reason));
}

/// Makes the directory unless it is there, and sees to it that it is fit.
void prepare_directory(const std::filesystem::path& directory) {
  if (::mkdir(directory.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    throw std::runtime_error(directory.string() + ": " + std::generic_category().message(errno));
  }
  const std::string_view reason = distrust(directory, ::geteuid());
  if (!reason.empty()) throw std::runtime_error(directory.string() + ": " + std::string(reason));
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (is_control_name(entry.path().filename())) remove_stale_socket(entry.path().string());
  }
}

}  // namespace

/// One client: a command, and its answer.
class ControlSocket::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Protocol::socket socket, const Commands& commands, std::shared_ptr<std::size_t> count)
      : socket_(std::move(socket)),
        deadline_(socket_.get_executor()),
        commands_(commands),
        count_(std::move(count)) {
    ++*count_;
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    if (counted_) --*count_;
  }

  void begin() {
    if (!may_ask(socket_.native_handle())) {
      return answer(control::refusal_line("only the server's own user and root may ask"));
    }
    give_up_after(time_to_ask);
    asio::async_read_until(
        socket_, asio::dynamic_buffer(line_, control::longest_command), '\n',
        [self = shared_from_this()](const asio::error_code& error, std::size_t size) {
          if (!error) self->obey(std::string_view(self->line_).substr(0, size));
        });
  }

 private:
  void obey(std::string_view line) {
    deadline_.cancel();
    const std::string command = control::command_of(line);
    if (command == "status") {
      answer(control::to_line(commands_.status()));
    } else if (command == "reload") {
      const auto self = shared_from_this();
      commands_.reload({[self](const Verdict& verdict) { self->answer(control::to_line(verdict)); },
                        [self](const std::string& text) {
                          self->tell_meanwhile(control::meanwhile_line(text));
                        }});
    } else {
      answer(control::refusal_line("there is no such command"));
    }
  }

  /// Left out when the client has not taken the one before.
  void tell_meanwhile(std::string text) {
    if (telling_) return;
    telling_ = true;
    meanwhile_ = std::move(text);
    asio::async_write(socket_, asio::buffer(meanwhile_),
                      [self = shared_from_this()](const asio::error_code& error, std::size_t) {
                        self->telling_ = false;
                        if (error) return self->leave();
                        if (!self->answer_.empty()) self->answer(std::move(self->answer_));
                      });
  }

  void answer(std::string text) {
    if (telling_) {
      give_up_after(time_to_take_the_answer);
      answer_ = std::move(text);
      return;
    }
    line_ = std::move(text);
    give_up_after(time_to_take_the_answer);
    asio::async_write(socket_, asio::buffer(line_),
                      [self = shared_from_this()](const asio::error_code&, std::size_t) {
                        self->deadline_.cancel();
                      });
  }

  void give_up_after(std::chrono::seconds time) {
    deadline_.expires_after(time);
    deadline_.async_wait([self = shared_from_this()](const asio::error_code& error) {
      if (error) return;
      self->leave();
    });
  }

  /// The client has gone: its verdict may be a long time coming, and others are not to wait for it.
  void leave() {
    asio::error_code ignored;
    socket_.close(ignored);
    if (counted_) --*count_;
    counted_ = false;
  }

  Protocol::socket socket_;
  asio::steady_timer deadline_;
  const Commands& commands_;
  std::shared_ptr<std::size_t> count_;
  bool counted_ = true;
  std::string line_;
  std::string meanwhile_;
  bool telling_ = false;  // meanwhile_ is being written
  std::string answer_;    // what is to be written after it
};

ControlSocket::ControlSocket(asio::io_context& io, Commands commands)
    : io_(io), commands_(std::move(commands)) {}

void ControlSocket::open(const std::filesystem::path& path) {
  open_door(path);
  try {
    open_in_own_place();
  } catch (const std::exception& error) {
    log::info("`catena reload` finds this server by --control " + path.string() +
              " and by its configuration only. There is no place for another control socket: " +
              error.what());
  }
}

/// It is made under another name, so that whoever sees it can connect, and nobody but this user.
void ControlSocket::open_door(const std::filesystem::path& path) {
  const std::string made_as = path.string() + ".new";
  if (made_as.size() >= sizeof(sockaddr_un::sun_path)) {
    throw can_not_open(path, "the path is too long for a local socket");
  }
  remove_stale_socket(path.string());
  remove_stale_socket(made_as);
  if (std::filesystem::exists(std::filesystem::symlink_status(path))) {
    throw can_not_open(path,
                       "there is something already; another server may run with it, otherwise "
                       "remove it");
  }
  std::list<Door> door;
  try {
    Protocol::acceptor& acceptor = door.emplace_back(io_).acceptor;
    acceptor.open();
    acceptor.bind(Protocol::endpoint(made_as));
    SocketFile file(made_as);
    if (::chmod(made_as.c_str(), S_IRUSR | S_IWUSR) != 0) {
      throw std::system_error(errno, std::generic_category());
    }
    acceptor.listen();
    if (std::rename(made_as.c_str(), path.c_str()) != 0) {
      throw std::system_error(errno, std::generic_category());
    }
    file = SocketFile();
    door.front().file = SocketFile(path.string());
  } catch (const std::system_error& error) {
    throw can_not_open(path, error.code().message());
  }
  accept(door.front());
  doors_.splice(doors_.end(), door);
}

void ControlSocket::open_in_own_place() {
  std::string reasons;
  for (const std::filesystem::path& directory : control_directories()) {
    try {
      prepare_directory(directory);
      return open_door(directory / control_name(::getpid()));
    } catch (const std::exception& error) {
      reasons.append(reasons.empty() ? "" : "; ").append(error.what());
    }
  }
  throw std::runtime_error(reasons);
}

void ControlSocket::close() {
  for (Door& door : doors_) {
    asio::error_code ignored;
    door.acceptor.close(ignored);
    door.retry.cancel();
    door.file.remove();
  }
}

void ControlSocket::accept(Door& door) {
  if (!door.acceptor.is_open()) return;
  door.acceptor.async_accept([this, &door](const asio::error_code& error, Protocol::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (error) {
      log::warn("can't accept a connection on the control socket: " + error.message());
      door.retry.expires_after(retry_after);
      door.retry.async_wait([this, &door](const asio::error_code&) { accept(door); });
      return;
    }
    if (*sessions_ < most_sessions) {
      std::make_shared<Session>(std::move(socket), commands_, sessions_)->begin();
    }
    accept(door);
  });
}

}  // namespace catena
