#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <memory>

#include "catena/serve/connection_table.hpp"
#include "catena/serve/connection_threads.hpp"
#include "catena/serve/generation.hpp"

namespace catena {

/// The generation that is served, and those before it, which live until no request uses them. For
/// the thread that runs the io_context. Not a public header: it shows Asio.
class Generations {
 public:
  /// All but the first outlive this object. Generations are stopped on one of the threads.
  Generations(std::unique_ptr<Generation> first, asio::io_context& io, const ConnectionTable& table,
              ConnectionThreads& threads);

  const Generation& current() const noexcept { return *current_; }
  /// For connections.
  const CurrentService& service() const noexcept { return service_; }

  /// Starts the first one, as Generation::start does.
  void start() { current_->start(); }
  /// Stops all there are. No request uses any of them any more.
  void stop() noexcept;

  /// The next requests take this one, which is started.
  void replace(std::unique_ptr<Generation> next);

 private:
  struct Retired {
    std::shared_ptr<Generation> generation;
    std::chrono::steady_clock::time_point since;
    bool overdue = false;  ///< and told so
  };
  void look_again();
  void look();
  bool end(Retired& retired);

  const ConnectionTable& table_;
  ConnectionThreads& threads_;
  asio::steady_timer timer_;
  std::shared_ptr<Generation> current_;
  CurrentService service_;
  std::list<Retired> retired_;
};

}  // namespace catena
