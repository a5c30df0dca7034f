// Preloaded into the server: a kernel that was started without IPv6.

#include <dlfcn.h>
#include <sys/socket.h>

#include <cerrno>

extern "C" __attribute__((visibility("default"))) int socket(int family, int type,
                                                             int protocol) noexcept {
  if (family == AF_INET6) {
    errno = EAFNOSUPPORT;
    return -1;
  }
  using Socket = int (*)(int, int, int);
  static const auto real = reinterpret_cast<Socket>(::dlsym(RTLD_NEXT, "socket"));
  return real(family, type, protocol);
}
