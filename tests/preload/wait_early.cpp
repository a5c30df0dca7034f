// Linked into the program where ThreadSanitizer watches it. At a thread's first call that waits,
// its runtime makes room for the signals of that thread (SigCtx in tsan_interceptors_posix.cpp, as
// g++ 12 has it), and one that comes in that moment is forgotten. The program's first thread would
// first wait when it already says that it serves, and is told to stop; so it has waited before.

#include <poll.h>

namespace {

const struct WaitEarly {
  WaitEarly() noexcept { ::poll(nullptr, 0, 0); }
} wait_early;

}  // namespace
