#include "catena/serve/server.hpp"

#include <unistd.h>

#include <algorithm>
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
#include <string>
#include <system_error>
#include <utility>

#include "catena/net/socket_stream.hpp"
#include "catena/runtime/line_sink.hpp"
#include "catena/runtime/log.hpp"
#include "catena/runtime/log_once.hpp"
#include "catena/serve/acceptors.hpp"
#include "catena/serve/connection_table.hpp"
#include "catena/serve/connection_threads.hpp"
#include "catena/serve/control_socket.hpp"
#include "catena/serve/descriptors.hpp"
#include "catena/serve/entrance.hpp"
#include "catena/serve/generations.hpp"
#include "catena/serve/listener.hpp"
#include "catena/serve/parked_threads.hpp"
#include "catena/serve/reloader.hpp"
#include "catena/serve/watchdog.hpp"

namespace catena {
namespace {

constexpr std::chrono::milliseconds time_to_leave{500};

/// How many connections the descriptors allow.
std::size_t connections_allowed(const Settings& settings) {
  const std::size_t wanted = settings.limits.connections;
  const DescriptorShares shares = share_descriptors(settings);
  if (shares.connections < wanted) {
    log::debug("at most " + std::to_string(shares.connections) + " connections, not " +
               std::to_string(wanted) + ", because the process may have only " +
               std::to_string(shares.there_are) + " open files");
  }
  return shares.connections;
}

}  // namespace

class Server::Impl {
 public:
  Impl(std::unique_ptr<Generation> first, BuildGeneration again)
      : table_(0, 0, [this] { on_leave(); }),
        generations_(std::move(first), io_, table_, threads_),
        acceptors_({io_, table_, entrance_, parked_},
                   [this](ConnectionTable::Handle handle) { admit(handle); }),
        timer_(io_),
        watch_timer_(io_),
        signals_(io_),
        reloader_(std::move(again), {io_, generations_, acceptors_,
                                     [this](const Settings& settings) { apply(settings); },
                                     [this] { end_if_over(); }}),
        control_(io_, {[this] { return status(); },
                       [this](TellVerdict tell) { reloader_.request(std::move(tell)); }}) {
    // sendfile has no flag for it.
    std::signal(SIGPIPE, SIG_IGN);
    limit_connections(generations_.current().settings());
    parked_.apply(generations_.current().settings());
  }

  std::vector<std::string> listen(std::vector<UniqueFd> handed_over);
  void listen_for_commands(std::string configuration);
  void handle_signals();
  Ended run();
  void stop() {
    asio::post(io_, [this] { begin_stop(); });
  }
  void reload(TellVerdict tell) {
    asio::post(io_, [this, tell = std::move(tell)] { reloader_.request(tell); });
  }

 private:
  void limit_connections(const Settings& settings);
  void apply(const Settings& settings);
  control::Status status() const;
  bool threads_accept() const;
  void admit(ConnectionTable::Handle handle);
  void serve(ConnectionTable::Handle handle) noexcept;
  void on_leave();
  void begin_stop();
  void wait_for_signal();
  void watch();
  void on_signal(int signal);
  void end_grace();
  void end_if_over();
  void report_stuck() const;

  asio::io_context io_;
  std::atomic<bool> stopping_{false};
  ConnectionTable table_;
  Entrance entrance_{table_};
  LogOnce not_served_{log::Level::warn};
  Generations generations_;
  Acceptors acceptors_;
  asio::steady_timer timer_;
  Watchdog watchdog_{generations_.current().settings().timeouts.handler};
  asio::steady_timer watch_timer_;
  asio::signal_set signals_;
  Reloader reloader_;
  ControlSocket control_;
  std::string configuration_;
  // Last: they are destroyed first, and their threads use the rest.
  ConnectionThreads threads_;
  ParkedThreads parked_{table_, entrance_, generations_.service(), stopping_};
};

Server::Server(std::unique_ptr<Generation> first, BuildGeneration again)
    : impl_(std::make_unique<Impl>(std::move(first), std::move(again))) {}
Server::~Server() = default;
std::vector<std::string> Server::listen(std::vector<UniqueFd> handed_over) {
  return impl_->listen(std::move(handed_over));
}
void Server::listen_for_commands(std::string configuration) {
  impl_->listen_for_commands(std::move(configuration));
}
void Server::handle_signals() { impl_->handle_signals(); }
Server::Ended Server::run() { return impl_->run(); }
void Server::stop() { impl_->stop(); }
void Server::reload(TellVerdict tell) { impl_->reload(std::move(tell)); }

std::vector<std::string> Server::Impl::listen(std::vector<UniqueFd> handed_over) {
  acceptors_.adopt(std::move(handed_over));
  if (!acceptors_.has_adopted()) {
    const std::vector<std::string>& texts = generations_.current().settings().listen;
    acceptors_.replace(texts, open_listeners(io_, texts));
  }
  generations_.start();
  return acceptors_.urls();
}

void Server::Impl::listen_for_commands(std::string configuration) {
  configuration_ = std::move(configuration);
  if (const auto& path = generations_.current().settings().control) return control_.open(*path);
  try {
    control_.open_in_own_place();
  } catch (const std::exception& error) {
    log::warn(std::string("`catena reload` won't find this server; SIGHUP reloads it all the "
                          "same. There is no place for a control socket: ") +
              error.what());
  }
}

control::Status Server::Impl::status() const {
  return {::getpid(), configuration_, acceptors_.urls()};
}

void Server::Impl::limit_connections(const Settings& settings) {
  table_.set_limits(connections_allowed(settings), settings.limits.connections_per_address);
}

void Server::Impl::apply(const Settings& settings) {
  limit_connections(settings);
  parked_.apply(settings);
  acceptors_.look_again(threads_accept());
  log::set_level(settings.log_level);
  if (watchdog_.limit() != settings.timeouts.handler) {
    watchdog_ = Watchdog(settings.timeouts.handler);
    watch();
  }
}

void Server::Impl::handle_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1, SIGHUP}) signals_.add(signal);
  wait_for_signal();
}

void Server::Impl::wait_for_signal() {
  signals_.async_wait([this](const asio::error_code& error, int signal) {
    if (error) return;
    wait_for_signal();
    on_signal(signal);
  });
}

void Server::Impl::on_signal(int signal) {
  if (signal == SIGUSR1) {
    reopen_all_sinks();
  } else if (signal == SIGHUP) {
    reloader_.request([](const Verdict&) {});  // which is logged in any case
  } else if (!stopping_) {
    log::info("stopping: exchanges in flight may finish; another signal ends at once");
    begin_stop();
  } else {
    log::warn("ended by a second signal");
    flush_all_sinks(std::chrono::seconds(1));
    log::flush();
    std::_Exit(EXIT_FAILURE);
  }
}

Server::Ended Server::Impl::run() {
  acceptors_.begin(threads_accept());
  watch();
  const auto work = asio::make_work_guard(io_);
  io_.run();
  if (table_.empty() && !reloader_.busy()) {
    generations_.stop();
    return Ended::clean;
  }
  report_stuck();
  return Ended::stuck;
}

/// Looks once, and again and again, after handlers that take too long.
void Server::Impl::watch() {
  if (watchdog_.interval().count() == 0) return;
  watchdog_.look(table_);
  watch_timer_.expires_after(watchdog_.interval());
  watch_timer_.async_wait([this](const asio::error_code& error) {
    if (!error) watch();
  });
}

bool Server::Impl::threads_accept() const {
  return generations_.current().settings().threads.model == Threads::Model::parked;
}

void Server::Impl::admit(ConnectionTable::Handle handle) {
  try {
    if (threads_accept()) {
      parked_.admit(handle);
    } else {
      threads_.run([this, handle] { serve(handle); });
    }
  } catch (...) {
    table_.leave(handle);
    throw;
  }
}

void Server::Impl::serve(ConnectionTable::Handle handle) noexcept {
  try {
    SocketStream stream(handle->socket.get(), &handle->unsent);
    Connection connection(stream, handle->client, generations_.service(), handle->activity,
                          stopping_);
    try {
      connection.serve();
    } catch (...) {
      handle->activity.end_exchange();  // which goes with the connection
      throw;
    }
  } catch (const std::exception& failure) {
    not_served_("a connection was closed, because it could not be served", failure);
  }
  table_.leave(handle);
}

void Server::Impl::on_leave() {
  const bool waited_for = acceptors_.take_wish_for_room();
  if (!stopping_ && !waited_for) return;
  asio::post(io_, [this] {
    end_if_over();
    acceptors_.retry();
  });
}

void Server::Impl::begin_stop() {
  if (stopping_.exchange(true)) return;
  acceptors_.close();
  control_.close();
  reloader_.close();
  table_.close_idle();
  timer_.expires_after(generations_.current().settings().timeouts.grace);
  timer_.async_wait([this](const asio::error_code& error) {
    if (!error) end_grace();
  });
  end_if_over();
}

void Server::Impl::end_if_over() {
  if (stopping_ && table_.empty() && !reloader_.busy()) io_.stop();
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
  const auto grace =
      std::chrono::duration<double>(generations_.current().settings().timeouts.grace).count();
  for (const std::string& text : table_.busy()) {
    log::error("still at work after the grace of " + std::to_string(grace) + " s: " + text);
  }
  if (reloader_.busy()) log::error("a reload is still under way");
}

}  // namespace catena
