#include "catena/serve/acceptors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <asio/error.hpp>
#include <asio/post.hpp>
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

Acceptors::Acceptors(const Parts& parts, Admit admit) : parts_(parts), admit_(std::move(admit)) {}

std::vector<OpenAddress> Acceptors::open_addresses() const {
  std::vector<OpenAddress> all;
  for (const Pointer& listener : listeners_) {
    const int fd = listener->socket.get();
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
    listeners_.push_back(adopt_listener(parts_.io, std::move(socket), adopted_.back()));
  }
}

void Acceptors::begin(bool by_threads) {
  accepting_ = true;
  by_threads_ = by_threads;
  for (const Pointer& listener : listeners_) begin(listener);
}

void Acceptors::close() {
  for (const Pointer& listener : listeners_) close(*listener);
}

void Acceptors::close(Listener& listener) {
  take_back(listener);
  listener.arrivals.close();
  listener.socket.reset();
  listener.retry.cancel();
  listener.file.remove();
}

/// Lets in who has connected already; a close would reset their connections.
void Acceptors::drain(Listener& listener) {
  take_back(listener);
  while (let_in_next(listener).has_come()) continue;
}

Entrance::Arrival Acceptors::let_in_next(Listener& listener) noexcept {
  const Entrance::Arrival arrival = parts_.entrance.let_in_next(listener.socket.get());
  try {
    if (arrival.handle != nullptr) admit_(arrival.handle);
  } catch (const std::exception& failure) {
    not_admitted_("a connection was closed, because there is no thread or memory for it", failure);
  }
  return arrival;
}

void Acceptors::retry() {
  for (const Pointer& listener : listeners_) listener->retry.cancel();
}

void Acceptors::look_again(bool by_threads) {
  by_threads_ = by_threads;
  asio::error_code ignored;
  for (const Pointer& listener : listeners_) {
    if (listener->door == nullptr) {
      listener->arrivals.cancel(ignored);
    } else {
      take_back(*listener);
      accept(listener);
    }
  }
}

void Acceptors::begin(const Pointer& listener) {
  const int socket = listener->socket.get();
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
  accept(listener);
}

void Acceptors::accept(const Pointer& listener) {
  if (!listener->socket) return;
  if (parts_.table.full()) return make_room(listener);
  if (by_threads_ && leave_to_threads(listener)) return;
  wait_for_arrivals(listener, [this, listener](const asio::error_code& error) {
    if (error) return accept(listener);
    let_in_arrived(listener);
  });
}

/// False when that can't be had: then it goes on here.
bool Acceptors::leave_to_threads(const Pointer& listener) {
  asio::error_code ignored;
  listener->arrivals.close(ignored);
  try {
    listener->door = &parts_.threads.open_door(listener->socket.get(), [this, listener] {
      asio::post(parts_.io, [this, listener] {
        if (listener->door == nullptr) return;
        take_back(*listener);
        let_in_arrived(listener);
      });
    });
  } catch (const std::exception&) {
    return false;
  }
  return true;
}

/// From here on no thread accepts on the listener's socket.
void Acceptors::take_back(Listener& listener) noexcept {
  if (listener.door == nullptr) return;
  parts_.threads.shut_door(*std::exchange(listener.door, nullptr));
}

template <typename Then>
void Acceptors::wait_for_arrivals(const Pointer& listener, Then then) {
  asio::error_code error;
  if (!listener->arrivals.is_open()) {
    UniqueFd duplicate(::fcntl(listener->socket.get(), F_DUPFD_CLOEXEC, 0));
    if (!duplicate) return accept_later(listener);
    listener->arrivals.assign(duplicate.get(), error);
    if (error) return accept_later(listener);
    duplicate.release();
  }
  listener->arrivals.async_wait(asio::posix::stream_descriptor::wait_read, std::move(then));
}

/// Lets in those that have connected, as long as there is room; but not so many that signals and
/// timers have to wait for long.
void Acceptors::let_in_arrived(const Pointer& listener) {
  using Kind = Entrance::Arrival::Kind;
  for (int count = 0; count < most_at_once; ++count) {
    const Entrance::Arrival arrival = let_in_next(*listener);
    if (arrival.has_come()) continue;
    if (arrival.kind != Kind::failed) break;
    accept_failed_("can't accept connections on " + listener->url + ": " +
                   std::system_category().message(arrival.error));
    return accept_later(listener);
  }
  accept(listener);
}

/// Waits until there is somebody to let in, and closes the longest idle connection for them.
void Acceptors::make_room(const Pointer& listener) {
  wait_for_arrivals(listener, [this, listener](const asio::error_code& error) {
    if (error || !parts_.table.full()) return accept(listener);
    limit_reached_(
        "all connections that the limits allow are in use; the longest idle is closed for a "
        "new one, and with none idle new ones wait");
    wants_room_ = true;
    parts_.table.close_longest_idle();
    accept_later(listener);
  });
}

/// Tries again when a connection has left, or after a moment: by then one may have become idle.
void Acceptors::accept_later(const Pointer& listener) {
  listener->retry.expires_after(retry_after);
  listener->retry.async_wait([this, listener](const asio::error_code&) { accept(listener); });
}

}  // namespace catena
