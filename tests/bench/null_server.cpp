// The least that a server can do on this machine: it answers every request with the same bytes.
// Its threads wait as catena's do: an edge-triggered epoll set for each processor, two threads in
// SCHED_BATCH that are kept to it, a connection in the set of the processor where its packets
// arrive, whoever accepts one reads from it at once, and it is read until it is drained. What
// catena takes beyond this is the price of HTTP, chains and files.
//
// bench_null_server PORT ANSWER [close]: serves 127.0.0.1:PORT with what the file ANSWER holds,
// head and content; with "close" it closes the connection behind each answer.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace {

constexpr int threads_a_processor = 2;
constexpr int events_a_wait = 16;
constexpr int requests_between_looks = 32;

struct Setup {
  int listener;
  std::vector<int> sets;  // of each processor
  std::string answer;
  bool close_after_answer;
};

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

void watch(int epoll, int fd, std::uint32_t what) {
  epoll_event event{};
  event.events = what;
  event.data.fd = fd;
  checked(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

/// False once the connection is to be closed. The answer is small enough to fit into an empty
/// buffer; a client that does not take it is given up.
bool serve(const Setup& setup, int fd) {
  std::array<char, 4096> input;
  while (true) {
    const ssize_t got = ::recv(fd, input.data(), input.size(), 0);
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    const std::string_view text(input.data(), static_cast<std::size_t>(got));
    // The load sends a request in one piece, and the next one after the answer.
    if (!text.ends_with("\r\n\r\n")) return false;
    const ssize_t sent = ::send(fd, setup.answer.data(), setup.answer.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(setup.answer.size())) return false;
    if (setup.close_after_answer) return false;
    if (text.size() < input.size()) return true;  // drained: the next bytes are the next edge
  }
}

/// The set of the processor where the connection's packets arrive.
int set_near(const Setup& setup, int fd) {
  int processor = 0;
  socklen_t size = sizeof processor;
  ::getsockopt(fd, SOL_SOCKET, SO_INCOMING_CPU, &processor, &size);
  return setup.sets[static_cast<std::size_t>(std::max(processor, 0)) % setup.sets.size()];
}

/// Serves a new connection, and lets it into a set when it is to be served on. Where connections
/// are closed behind the answer, each is told of once: another event, for another thread, could
/// find its number to be somebody else's by then.
void admit(const Setup& setup, int fd) {
  if (!serve(setup, fd)) {
    ::close(fd);
    return;
  }
  const std::uint32_t how = setup.close_after_answer ? EPOLLONESHOT : EPOLLRDHUP | EPOLLET;
  watch(set_near(setup, fd), fd, EPOLLIN | how);
}

/// Has the connection go over to the set that is near by now.
void follow(const Setup& setup, int set, int fd) {
  const int near = set_near(setup, fd);
  if (near == set) return;
  // Another thread may be at the same connection: then that one has it go over.
  if (::epoll_ctl(set, EPOLL_CTL_DEL, fd, nullptr) != 0) return;
  watch(near, fd, EPOLLIN | EPOLLRDHUP | EPOLLET);
}

void accept_all(const Setup& setup) {
  int fd;
  while ((fd = ::accept4(setup.listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    admit(setup, fd);
  }
}

void work(const Setup& setup, std::size_t processor) {
  const sched_param none{};
  ::sched_setscheduler(0, SCHED_BATCH, &none);
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(processor, &only);
  ::sched_setaffinity(0, sizeof only, &only);
  const int set = setup.sets[processor];
  unsigned served = 0;
  std::array<epoll_event, events_a_wait> events;
  while (true) {
    const int count = ::epoll_wait(set, events.data(), events_a_wait, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == setup.listener) {
        accept_all(setup);
      } else if (!serve(setup, fd)) {
        ::close(fd);
      } else if (!setup.close_after_answer && ++served % requests_between_looks == 0) {
        follow(setup, set, fd);
      }
    }
  }
}

int listen_on(std::uint16_t port) {
  const int fd =
      checked(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  checked(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  checked(::listen(fd, 4096), "listen");
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  if (argc < 3) {
    std::fputs("usage: bench_null_server PORT ANSWER [close]\n", stderr);
    return 2;
  }
  std::ifstream file(arguments[2], std::ios::binary);
  Setup setup{listen_on(static_cast<std::uint16_t>(std::stoul(arguments[1]))),
              {},
              std::string(std::istreambuf_iterator<char>(file), {}),
              argc > 3 && arguments[3] == "close"};
  const std::size_t processors = std::max(std::thread::hardware_concurrency(), 1U);
  for (std::size_t i = 0; i < processors; ++i) {
    setup.sets.push_back(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1"));
    watch(setup.sets.back(), setup.listener, EPOLLIN | EPOLLET | EPOLLEXCLUSIVE);
  }
  std::vector<std::thread> all;
  for (std::size_t i = 0; i < processors * threads_a_processor; ++i) {
    all.emplace_back(work, std::cref(setup), i % processors);
  }
  for (std::thread& thread : all) thread.join();
}
