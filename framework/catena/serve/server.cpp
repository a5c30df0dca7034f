#include "catena/serve/server.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/error.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include "catena/net/address.hpp"
#include "catena/net/socket_stream.hpp"
#include "catena/runtime/line_sink.hpp"
#include "catena/runtime/log.hpp"
#include "catena/runtime/log_once.hpp"
#include "catena/serve/connection_table.hpp"
#include "catena/serve/connection_threads.hpp"
#include "catena/serve/listener.hpp"
#include "catena/serve/watchdog.hpp"

namespace catena {
namespace {

constexpr std::chrono::milliseconds retry_after{50};
constexpr std::chrono::milliseconds time_to_leave{500};
constexpr std::size_t descriptors_of_our_own = 64;

/// How many connections the descriptors allow, two for each: its socket and a file. The soft limit
/// is raised to the hard one first.
std::size_t connections_allowed(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur == RLIM_INFINITY) return wanted;
  const auto there_are = static_cast<std::size_t>(limit.rlim_cur);
  const std::size_t possible =
      there_are > 2 * descriptors_of_our_own ? (there_are - descriptors_of_our_own) / 2 : 16;
  if (possible < wanted) {
    log::debug("at most " + std::to_string(possible) + " connections, not " +
               std::to_string(wanted) + ", because the process may have only " +
               std::to_string(there_are) + " open files");
  }
  return std::min(possible, wanted);
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(const Service& service)
      : service_(service),
        table_(connections_allowed(service.settings.limits.connections),
               service.settings.limits.connections_per_address, [this] { on_leave(); }),
        timer_(io_),
        watchdog_(service.settings.timeouts.handler),
        watch_timer_(io_),
        signals_(io_) {
    // sendfile has no flag for it.
    std::signal(SIGPIPE, SIG_IGN);
  }

  std::vector<std::string> listen();
  void handle_signals();
  Ended run();
  void stop() {
    asio::post(io_, [this] { begin_stop(); });
  }

 private:
  void accept(Listener& listener);
  void make_room(Listener& listener);
  void accept_later(Listener& listener);
  void admit(UniqueFd socket, Client client);
  void serve(ConnectionTable::Handle handle) noexcept;
  void on_leave();
  void begin_stop();
  void wait_for_signal();
  void watch();
  void end_grace();
  void report_stuck() const;

  const Service service_;
  asio::io_context io_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> waiting_for_room_{false};
  ConnectionTable table_;
  LogOnce accept_failed_{log::Level::warn};
  LogOnce address_refused_{log::Level::warn};
  LogOnce limit_reached_{log::Level::warn};
  LogOnce no_thread_{log::Level::warn};
  std::vector<Listener> listeners_;
  asio::steady_timer timer_;
  Watchdog watchdog_;
  asio::steady_timer watch_timer_;
  asio::signal_set signals_;
  ConnectionThreads threads_;  // last: it is destroyed first, and its threads use the rest
};

Server::Server(const Service& service) : impl_(std::make_unique<Impl>(service)) {}
Server::~Server() = default;
std::vector<std::string> Server::listen() { return impl_->listen(); }
void Server::handle_signals() { impl_->handle_signals(); }
Server::Ended Server::run() { return impl_->run(); }
void Server::stop() { impl_->stop(); }

std::vector<std::string> Server::Impl::listen() {
  std::vector<std::string> urls;
  for (const std::string& text : service_.settings.listen) {
    const auto address = parse_listen_address(text);
    if (!address) throw std::runtime_error("\"" + text + "\" is no address to listen on");
    for (Listener& listener : open_listeners(io_, *address)) {
      urls.push_back(listener.url);
      listeners_.push_back(std::move(listener));
    }
  }
  return urls;
}

void Server::Impl::handle_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) signals_.add(signal);
  wait_for_signal();
}

void Server::Impl::wait_for_signal() {
  signals_.async_wait([this](const asio::error_code& error, int signal) {
    if (error) return;
    wait_for_signal();
    if (signal == SIGUSR1) {
      reopen_all_sinks();
    } else if (!stopping_) {
      log::info("stopping: exchanges in flight may finish; another signal ends at once");
      begin_stop();
    } else {
      log::warn("ended by a second signal");
      flush_all_sinks(std::chrono::seconds(1));
      log::flush();
      std::_Exit(EXIT_FAILURE);
    }
  });
}

Server::Ended Server::Impl::run() {
  for (Listener& listener : listeners_) accept(listener);
  if (watchdog_.interval().count() > 0) watch();
  const auto work = asio::make_work_guard(io_);
  io_.run();
  if (table_.empty()) return Ended::clean;
  report_stuck();
  return Ended::stuck;
}

void Server::Impl::watch() {
  watchdog_.look(table_);
  watch_timer_.expires_after(watchdog_.interval());
  watch_timer_.async_wait([this](const asio::error_code& error) {
    if (!error) watch();
  });
}

void Server::Impl::accept(Listener& listener) {
  if (stopping_) return;
  if (table_.full()) return make_room(listener);
  auto peer = std::make_shared<Listener::Protocol::endpoint>();
  listener.acceptor.async_accept(
      *peer, [this, &listener, peer](const asio::error_code& error,
                                     asio::generic::stream_protocol::socket socket) {
        if (error == asio::error::operation_aborted || stopping_) return;
        if (error == asio::error::connection_aborted) return accept(listener);
        if (error) {
          accept_failed_("can't accept connections on " + listener.url + ": " + error.message());
          return accept_later(listener);
        }
        try {
          admit(UniqueFd(socket.release()), to_client(*peer));
        } catch (const std::exception& failure) {
          no_thread_(std::string("a connection was closed, because there is no thread or memory "
                                 "for it: ") +
                     failure.what());
        }
        accept(listener);
      });
}

/// Waits until there is somebody to let in, and closes the longest idle connection for them.
void Server::Impl::make_room(Listener& listener) {
  listener.acceptor.async_wait(asio::socket_base::wait_read, [this, &listener](
                                                                 const asio::error_code& error) {
    if (error || stopping_) return;
    if (!table_.full()) return accept(listener);
    limit_reached_(
        "all connections that the limits allow are in use; the longest idle is closed for a new "
        "one, and with none idle new ones wait");
    waiting_for_room_ = true;
    table_.close_longest_idle();
    accept_later(listener);
  });
}

/// Tries again when a connection has left, or after a moment: by then one may have become idle.
void Server::Impl::accept_later(Listener& listener) {
  listener.retry.expires_after(retry_after);
  listener.retry.async_wait([this, &listener](const asio::error_code&) { accept(listener); });
}

void Server::Impl::admit(UniqueFd socket, Client client) {
  ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
  if (table_.full_for(client.address)) {
    address_refused_("a connection from " + client.address +
                     " was closed: it has as many as one address may have");
    return;
  }
  const ConnectionTable::Handle handle = table_.enter(std::move(socket), std::move(client));
  try {
    threads_.run([this, handle] { serve(handle); });
  } catch (...) {
    table_.leave(handle);
    throw;
  }
}

void Server::Impl::serve(ConnectionTable::Handle handle) noexcept {
  try {
    SocketStream stream(handle->socket.get());
    Connection(stream, handle->client, service_, handle->activity, stopping_).serve();
  } catch (const std::exception& failure) {
    no_thread_(std::string("a connection was closed, because it could not be served: ") +
               failure.what());
  }
  table_.leave(handle);
}

void Server::Impl::on_leave() {
  if (!stopping_ && !waiting_for_room_.exchange(false)) return;
  asio::post(io_, [this] {
    if (stopping_ && table_.empty()) io_.stop();
    for (Listener& listener : listeners_) listener.retry.cancel();
  });
}

void Server::Impl::begin_stop() {
  if (stopping_.exchange(true)) return;
  for (Listener& listener : listeners_) {
    listener.acceptor.close();
    listener.retry.cancel();
    if (!listener.local_path.empty()) ::unlink(listener.local_path.c_str());
  }
  table_.close_idle();
  timer_.expires_after(service_.settings.timeouts.grace);
  timer_.async_wait([this](const asio::error_code& error) {
    if (!error) end_grace();
  });
  if (table_.empty()) io_.stop();
}

/// Who has not sent a whole request by now does not hold up the end; what is left then is stuck.
void Server::Impl::end_grace() {
  table_.close_without_exchange();
  timer_.expires_after(time_to_leave);
  timer_.async_wait([this](const asio::error_code& error) {
    if (!error) io_.stop();
  });
}

void Server::Impl::report_stuck() const {
  const auto grace = std::chrono::duration<double>(service_.settings.timeouts.grace).count();
  for (const std::string& text : table_.busy()) {
    log::error("still at work after the grace of " + std::to_string(grace) + " s: " + text);
  }
}

}  // namespace catena
