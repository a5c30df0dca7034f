// Preloaded into a program, it counts what the program's threads ask of the system, in the file
// that the environment variable CATENA_CALLS names: six numbers of eight bytes in the machine's
// own order, for reads from sockets, writes to sockets, all other system calls that are wrapped
// here, locks of mutexes, looks at a clock that are for more than its last tick, and questions for
// options of sockets. A thread's calls count from its first read from a socket on. Waiting for
// events does not count.

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

using Counters = std::array<std::atomic<std::uint64_t>, 6>;

Counters unshared{};
Counters* counters = &unshared;
thread_local bool serves = false;

__attribute__((constructor)) void share_counters() {
  const char* file = std::getenv("CATENA_CALLS");
  if (file == nullptr) return;
  const int fd = ::open(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) std::abort();
  void* memory = ::mmap(nullptr, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (memory == MAP_FAILED) std::abort();
  counters = static_cast<Counters*>(memory);
}

void count(std::size_t kind) {
  if (serves) (*counters)[kind].fetch_add(1, std::memory_order_relaxed);
}
void count_read() {
  serves = true;
  count(0);
}
void count_write() { count(1); }
void count_other() { count(2); }
void count_lock() { count(3); }
void count_look() { count(4); }
void count_question() { count(5); }

template <typename Function>
Function* original(const char* name, Function*) {
  void* found = ::dlsym(RTLD_NEXT, name);
  if (found == nullptr) std::abort();
  return reinterpret_cast<Function*>(found);
}

}  // namespace

// What the next library has of that name.
#define ORIGINAL(name) static auto* const next = original(#name, &::name)

#pragma GCC visibility push(default)
extern "C" {

ssize_t recv(int socket, void* into, std::size_t size, int flags) {
  ORIGINAL(recv);
  count_read();
  return next(socket, into, size, flags);
}
ssize_t recvmsg(int socket, msghdr* message, int flags) {
  ORIGINAL(recvmsg);
  count_read();
  return next(socket, message, flags);
}
ssize_t send(int socket, const void* from, std::size_t size, int flags) {
  ORIGINAL(send);
  count_write();
  return next(socket, from, size, flags);
}
ssize_t sendmsg(int socket, const msghdr* message, int flags) {
  ORIGINAL(sendmsg);
  count_write();
  return next(socket, message, flags);
}

ssize_t read(int file, void* into, std::size_t size) {
  ORIGINAL(read);
  count_other();
  return next(file, into, size);
}
ssize_t pread(int file, void* into, std::size_t size, off_t at) {
  ORIGINAL(pread);
  count_other();
  return next(file, into, size, at);
}
ssize_t write(int file, const void* from, std::size_t size) {
  ORIGINAL(write);
  count_other();
  return next(file, from, size);
}
ssize_t sendfile(int socket, int file, off_t* at, std::size_t size) noexcept {
  ORIGINAL(sendfile);
  count_other();
  return next(socket, file, at, size);
}
int fstat(int file, struct stat* status) noexcept {
  ORIGINAL(fstat);
  count_other();
  return next(file, status);
}
int stat(const char* path, struct stat* status) noexcept {
  ORIGINAL(stat);
  count_other();
  return next(path, status);
}
int close(int file) {
  ORIGINAL(close);
  count_other();
  return next(file);
}
int poll(pollfd* entries, nfds_t size, int timeout) {
  ORIGINAL(poll);
  count_other();
  return next(entries, size, timeout);
}
int epoll_ctl(int epoll, int operation, int file, epoll_event* event) noexcept {
  ORIGINAL(epoll_ctl);
  count_other();
  return next(epoll, operation, file, event);
}
int setsockopt(int socket, int level, int name, const void* value, socklen_t size) noexcept {
  ORIGINAL(setsockopt);
  count_other();
  return next(socket, level, name, value, size);
}
int getsockopt(int socket, int level, int name, void* value, socklen_t* size) noexcept {
  ORIGINAL(getsockopt);
  count_question();
  return next(socket, level, name, value, size);
}
int shutdown(int socket, int how) noexcept {
  ORIGINAL(shutdown);
  count_other();
  return next(socket, how);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  ORIGINAL(pthread_mutex_lock);
  count_lock();
  return next(mutex);
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  ORIGINAL(clock_gettime);
  if (clock != CLOCK_MONOTONIC_COARSE && clock != CLOCK_REALTIME_COARSE) count_look();
  return next(clock, time);
}

/// openat2 and others that the C library has no function for.
long syscall(long number, ...) noexcept {
  ORIGINAL(syscall);
  count_other();
  std::va_list list;
  va_start(list, number);
  std::array<long, 6> arguments;
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  return next(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
              arguments[5]);
}

}  // extern "C"
#pragma GCC visibility pop
