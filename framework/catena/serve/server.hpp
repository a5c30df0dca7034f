#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catena/export.hpp"
#include "catena/serve/connection.hpp"

namespace catena {

/// Listens, accepts, and serves every connection on a thread of its own until it is told to stop.
class CATENA_API Server {
 public:
  /// What the service refers to outlives the server; the pipeline is started by then.
  explicit Server(const Service& service);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Waits for the threads of connections that are still served.
  ~Server();

  /// Opens the listening sockets and returns the address of each as a client would write it:
  /// "http://127.0.0.1:8080", with the true port, or "unix:/path". Names are resolved, and every
  /// address of a name is listened on. Throws std::runtime_error with the address and the reason.
  std::vector<std::string> listen();

  /// From now on SIGINT and SIGTERM stop the server, a second one ends the process at once with
  /// exit code 1, and SIGUSR1 reopens the log files. Once in a process.
  void handle_signals();

  enum class Ended {
    clean,  ///< every exchange was finished
    stuck,  ///< some outlasted the grace; they are named in the log and still hold their threads
  };
  /// Serves until `stop`. After `stuck`, only flushing logs and leaving the process is safe.
  Ended run();

  /// Stops gracefully: listening ends, idle connections close, exchanges in flight have the grace
  /// to finish. Any thread.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace catena
