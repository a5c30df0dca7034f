#include "catena/runtime/own_thread.hpp"

namespace catena {

SignalsHeldBack::SignalsHeldBack() noexcept {
  sigset_t told;
  ::sigemptyset(&told);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE}) ::sigaddset(&told, signal);
  ::pthread_sigmask(SIG_BLOCK, &told, &before_);
}

SignalsHeldBack::~SignalsHeldBack() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace catena
