#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "catena/serve/acceptors.hpp"
#include "catena/serve/generations.hpp"
#include "catena/serve/verdict.hpp"

namespace catena {

/// Puts a new generation in the place of the one that is served: builds, checks and starts it
/// beside the old one, on a thread of its own, and goes over to it when nothing is wrong. One at a
/// time; who asks meanwhile gets the verdict of the one after it. Those who wait are told twice a
/// second what the one under way is at, and the log once when that takes longer than
/// timeouts.handler. For the thread that runs the io_context. Not a public header: it shows Asio.
class Reloader {
 public:
  /// What the reloader changes, and which outlives it. `apply` takes the settings of the server
  /// over that are not read with each request; `on_end` is called after each reload.
  struct Parts {
    asio::io_context& io;
    Generations& generations;
    Acceptors& acceptors;
    std::function<void(const Settings&)> apply;
    std::function<void()> on_end;
  };
  Reloader(BuildGeneration build, Parts parts);
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;
  /// Waits for the thread.
  ~Reloader();

  /// Asks for a reload that begins from now on.
  void request(TellVerdict tell);
  bool busy() const noexcept { return thread_.joinable(); }
  /// From now on the answer is no; a reload that is under way is named in the log.
  void close();

 private:
  /// What waits beside the old to take its place.
  struct Prepared {
    Verdict verdict;
    std::unique_ptr<Generation> next;  ///< null when something is wrong
    std::vector<std::shared_ptr<Listener>> opened;
  };
  void begin();
  Prepared prepare(const std::vector<OpenAddress>& open) noexcept;
  void tell_meanwhile();
  void look();
  bool takes_long() const;
  std::string under_way() const;
  void finish(Prepared prepared);
  std::vector<std::string> go_over(Prepared prepared);

  const BuildGeneration build_;
  Parts parts_;
  std::vector<TellVerdict> waiting_;
  std::vector<TellVerdict> told_next_;  // those whose reload is under way
  std::thread thread_;
  std::atomic<const char*> step_{""};  // what the thread is at
  std::chrono::steady_clock::time_point began_;
  bool named_ = false;  // in the log, for taking long
  asio::steady_timer timer_;
  bool closed_ = false;
};

}  // namespace catena
