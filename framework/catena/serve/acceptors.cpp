#include "catena/serve/acceptors.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <asio/error.hpp>
#include <asio/socket_base.hpp>
#include <cerrno>
#include <chrono>
#include <exception>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

namespace catena {
namespace {

constexpr std::chrono::milliseconds retry_after{50};
constexpr int most_at_once = 64;

}  // namespace

Acceptors::Acceptors(asio::io_context& io, ConnectionTable& table, Admit admit)
    : io_(io), table_(table), admit_(std::move(admit)) {}

std::vector<OpenAddress> Acceptors::open_addresses() const {
  std::vector<OpenAddress> all;
  for (const Pointer& listener : listeners_) {
    const int fd = listener->acceptor.native_handle();
    all.push_back({listener->text, UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, 0))});
  }
  return all;
}

std::vector<std::string> Acceptors::urls() const {
  std::vector<std::string> all;
  for (const Pointer& listener : listeners_) all.push_back(listener->url);
  return all;
}

std::vector<std::string> Acceptors::replace(const std::vector<std::string>& texts,
                                            std::vector<Pointer> opened) {
  std::vector<Pointer> before = std::exchange(listeners_, {});
  std::vector<std::string> closed;
  for (const std::string& text : texts) {
    if (&*std::find(texts.begin(), texts.end(), text) != &text) continue;  // named before
    for (const std::vector<Pointer>* from : {&before, &opened}) {
      std::copy_if(from->begin(), from->end(), std::back_inserter(listeners_),
                   [&text](const Pointer& listener) { return listener->text == text; });
    }
  }
  for (const Pointer& listener : before) {
    if (std::find(texts.begin(), texts.end(), listener->text) != texts.end()) continue;
    drain(*listener);
    close(*listener);
    closed.push_back(listener->url);
  }
  for (const Pointer& listener : opened) {
    end_sharing(*listener);
    if (accepting_) begin(listener);
  }
  return closed;
}

void Acceptors::adopt(std::vector<UniqueFd> sockets) {
  for (UniqueFd& socket : sockets) {
    adopted_.push_back("handed over as descriptor " + std::to_string(socket.get()));
    listeners_.push_back(adopt_listener(io_, std::move(socket), adopted_.back()));
  }
}

void Acceptors::begin() {
  accepting_ = true;
  for (const Pointer& listener : listeners_) begin(listener);
}

void Acceptors::close() {
  for (const Pointer& listener : listeners_) close(*listener);
}

void Acceptors::close(Listener& listener) {
  listener.acceptor.close();
  listener.retry.cancel();
  listener.file.remove();
}

/// Lets in who has connected already; a close would reset their connections.
void Acceptors::drain(Listener& listener) {
  while (!table_.full() && let_in_next(listener) == 0) continue;
}

/// Lets in one that has connected. 0, or why there is none.
int Acceptors::let_in_next(Listener& listener) {
  for (;;) {
    Listener::Protocol::endpoint peer;
    auto size = static_cast<socklen_t>(peer.capacity());
    UniqueFd socket(::accept4(listener.acceptor.native_handle(), peer.data(), &size,
                              SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket) {
      peer.resize(size);
      let_in(std::move(socket), peer);
      return 0;
    }
    // Gone before it was let in.
    if (errno != EINTR && errno != ECONNABORTED && errno != EPROTO) return errno;
  }
}

void Acceptors::retry() {
  for (const Pointer& listener : listeners_) listener->retry.cancel();
}

void Acceptors::look_again() {
  asio::error_code ignored;
  for (const Pointer& listener : listeners_) listener->acceptor.cancel(ignored);
}

void Acceptors::begin(const Pointer& listener) {
  listener->acceptor.native_non_blocking(true);
  accept(listener);
}

void Acceptors::accept(const Pointer& listener) {
  if (!listener->acceptor.is_open()) return;
  if (table_.full()) return make_room(listener);
  listener->acceptor.async_wait(asio::socket_base::wait_read,
                                [this, listener](const asio::error_code& error) {
                                  if (error) return accept(listener);
                                  let_in_arrived(listener);
                                });
}

/// Lets in those that have connected, as long as there is room; but not so many that signals and
/// timers have to wait for long.
void Acceptors::let_in_arrived(const Pointer& listener) {
  for (int count = 0; count < most_at_once && !table_.full(); ++count) {
    const int error = let_in_next(*listener);
    if (error == EAGAIN) break;
    if (error == 0) continue;
    accept_failed_("can't accept connections on " + listener->url + ": " +
                   std::system_category().message(error));
    return accept_later(listener);
  }
  accept(listener);
}

void Acceptors::let_in(UniqueFd socket, const Listener::Protocol::endpoint& peer) noexcept {
  try {
    admit_(std::move(socket), to_client(peer));
  } catch (const std::exception& failure) {
    not_admitted_(std::string("a connection was closed, because there is no thread or memory "
                              "for it: ") +
                  failure.what());
  }
}

/// Waits until there is somebody to let in, and closes the longest idle connection for them.
void Acceptors::make_room(const Pointer& listener) {
  listener->acceptor.async_wait(
      asio::socket_base::wait_read, [this, listener](const asio::error_code& error) {
        if (error || !table_.full()) return accept(listener);
        limit_reached_(
            "all connections that the limits allow are in use; the longest idle is closed for a "
            "new one, and with none idle new ones wait");
        wants_room_ = true;
        table_.close_longest_idle();
        accept_later(listener);
      });
}

/// Tries again when a connection has left, or after a moment: by then one may have become idle.
void Acceptors::accept_later(const Pointer& listener) {
  listener->retry.expires_after(retry_after);
  listener->retry.async_wait([this, listener](const asio::error_code&) { accept(listener); });
}

}  // namespace catena
