#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catena/export.hpp"
#include "catena/http/unique_fd.hpp"
#include "catena/serve/generation.hpp"
#include "catena/serve/verdict.hpp"

namespace catena {

/// Listens, accepts, and serves every connection on a thread of its own until it is told to stop.
/// What it serves can be replaced meanwhile, and no request is lost by that: those under way are
/// finished by what they began with, and the next of every connection takes the new.
class CATENA_API Server {
 public:
  /// Serves the first generation, which is not started yet, and builds others by `again` when it is
  /// asked to reload. `again` is called on a thread of its own, one call at a time.
  Server(std::unique_ptr<Generation> first, BuildGeneration again);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Waits for the threads of connections that are still served.
  ~Server();

  /// Opens the listening sockets, starts the handlers, and returns the address of each as a client
  /// would write it: "http://127.0.0.1:8080", with the true port, or "unix:/path". Names are
  /// resolved, and every address of a name is listened on. Throws std::runtime_error with the
  /// address, or the handler, and the reason. Where listening sockets are handed over, they take
  /// the place of the addresses in the settings, after a reload as well.
  std::vector<std::string> listen(std::vector<UniqueFd> handed_over = {});

  /// From now on SIGINT and SIGTERM stop the server, a second one ends the process at once with
  /// exit code 1, SIGUSR1 reopens the log files, and SIGHUP reloads. Once in a process.
  void handle_signals();

  /// Opens the control socket that `catena reload` asks at: `server.control`, and one in a
  /// place of its own. Others know this server by the configuration's file; empty for one that is
  /// built in. Throws std::runtime_error with the path and the reason when `server.control` can't
  /// be had; without it, that is only logged. After `listen`.
  void listen_for_commands(std::string configuration);

  enum class Ended {
    clean,  ///< every exchange was finished, and the handlers are stopped
    stuck,  ///< some outlasted the grace; they are named in the log and still hold their threads
  };
  /// Serves until `stop`. After `stuck`, only flushing logs and leaving the process is safe.
  Ended run();

  /// Stops gracefully: listening ends, idle connections close, exchanges in flight have the grace
  /// to finish. Any thread.
  void stop();

  /// Builds what is to be served anew, and goes over to it unless something is wrong: then all
  /// stays as it is. Somebody is told how that ended, and so is the log. While a reload is under
  /// way, those who ask are served by another one after it. Any thread.
  void reload(TellVerdict tell);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace catena
