#pragma once

#include <csignal>
#include <thread>
#include <utility>

#include "catena/export.hpp"

namespace catena {

/// While one lives, the calling thread takes no SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGPIPE; nor
/// do threads and processes that it starts meanwhile, for good. For one thread.
class CATENA_API SignalsHeldBack {
 public:
  SignalsHeldBack() noexcept;
  SignalsHeldBack(const SignalsHeldBack&) = delete;
  SignalsHeldBack& operator=(const SignalsHeldBack&) = delete;
  ~SignalsHeldBack();

 private:
  sigset_t before_{};
};

/// A thread that leaves what the process is told by signals to the threads that the program started
/// itself. So nothing that it waits for is cut short (EINTR). Throws as std::thread does.
template <typename Work>
std::thread own_thread(Work&& work) {
  const SignalsHeldBack held_back;
  return std::thread(std::forward<Work>(work));
}

}  // namespace catena
