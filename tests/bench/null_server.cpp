// The least that a server can do on this machine: it answers every request with the same bytes.
// Its threads wait as catena's do: an edge-triggered epoll set for each processor, two threads in
// SCHED_BATCH that are kept to it, a connection in the set of the processor where its packets
// arrive, or beside it when it gets a file, whoever accepts one reads from it at once, and it is
// read until it is drained; nothing that it sends is spaced out. What catena takes beyond this is
// the price of HTTP, chains and files.
//
// bench_null_server PORT ANSWER [close | FILE | COUNT]: serves 127.0.0.1:PORT with what the file
// ANSWER holds, head and content; with "close" it closes the connection behind each answer, with a
// FILE it has the kernel send that behind it, and with a COUNT it has the answer that many times in
// memory, and each thread goes from one to another: that is what it takes at least to send other
// bytes each time.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
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
  std::vector<int> sets;             // of each processor
  std::vector<std::string> answers;  // the same text each time
  bool close_after_answer;
  int file = -1;
  off_t file_size = 0;
};

/// What a connection that gets the file is at.
struct Sending {
  std::atomic<int> events{0};  ///< that came since a thread is at it
  off_t sent = -1;             ///< of the file; less than nothing between answers
};
std::array<Sending, 4096> sendings;  // by the connection's number

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

off_t checked_size(int file) {
  struct stat status {};
  checked(::fstat(file, &status), "fstat");
  return status.st_size;
}

void watch(int epoll, int fd, std::uint32_t what) {
  epoll_event event{};
  event.events = what;
  event.data.fd = fd;
  checked(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

/// What to send. Those that follow one another don't lie side by side in memory.
const std::string& next_answer(const Setup& setup) {
  constexpr std::size_t step = 7919;
  thread_local std::size_t at = 0;
  const std::size_t count = setup.answers.size();
  if (count > 1) at = (at + step) % count;
  return setup.answers[at];
}

/// Answers with the file, as far as that goes; false once the connection is to be closed.
bool send_file(const Setup& setup, int fd, Sending& sending) {
  std::array<char, 4096> input;
  while (true) {
    if (sending.sent < 0) {
      const ssize_t got = ::recv(fd, input.data(), input.size(), 0);
      if (got < 0) return errno == EAGAIN;
      if (got == 0) return false;
      const std::string& head = next_answer(setup);
      const ssize_t sent = ::send(fd, head.data(), head.size(), MSG_NOSIGNAL | MSG_MORE);
      if (sent != static_cast<ssize_t>(head.size())) return false;
      sending.sent = 0;
    }
    while (sending.sent < setup.file_size) {
      const auto left = static_cast<std::size_t>(setup.file_size - sending.sent);
      const ssize_t sent = ::sendfile(fd, setup.file, &sending.sent, left);
      if (sent < 0) return errno == EAGAIN;
      if (sent == 0) return false;
    }
    sending.sent = -1;
  }
}

/// Has one thread be at a connection that gets the file, and go on when more has come meanwhile.
bool serve_file(const Setup& setup, int fd) {
  Sending& sending = sendings.at(static_cast<std::size_t>(fd));
  if (sending.events.fetch_add(1) > 0) return true;
  while (true) {
    int seen = sending.events;
    if (!send_file(setup, fd, sending)) return false;
    if (sending.events.compare_exchange_strong(seen, 0)) return true;
  }
}

/// False once the connection is to be closed. The answer is small enough to fit into an empty
/// buffer; a client that does not take it is given up.
bool serve(const Setup& setup, int fd) {
  if (setup.file >= 0) return serve_file(setup, fd);
  std::array<char, 4096> input;
  while (true) {
    const ssize_t got = ::recv(fd, input.data(), input.size(), 0);
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    const std::string_view text(input.data(), static_cast<std::size_t>(got));
    // The load sends a request in one piece, and the next one after the answer.
    if (!text.ends_with("\r\n\r\n")) return false;
    const std::string& answer = next_answer(setup);
    const ssize_t sent = ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(answer.size())) return false;
    if (setup.close_after_answer) return false;
    if (text.size() < input.size()) return true;  // drained: the next bytes are the next edge
  }
}

/// The set of the processor where the connection's packets arrive, or the next one.
int set_near(const Setup& setup, int fd) {
  int processor = 0;
  socklen_t size = sizeof processor;
  ::getsockopt(fd, SOL_SOCKET, SO_INCOMING_CPU, &processor, &size);
  const int beside = setup.file >= 0 ? 1 : 0;
  return setup.sets[static_cast<std::size_t>(std::max(processor, 0) + beside) % setup.sets.size()];
}

/// Where connections are closed behind the answer, each is told of once: another event, for another
/// thread, could find its number to be somebody else's by then.
std::uint32_t events_for(const Setup& setup) {
  if (setup.close_after_answer) return EPOLLIN | EPOLLONESHOT;
  const std::uint32_t events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  return setup.file >= 0 ? events | EPOLLOUT : events;
}

/// Serves a new connection, and lets it into a set when it is to be served on.
void admit(const Setup& setup, int fd) {
  if (setup.file >= 0) {
    sendings.at(static_cast<std::size_t>(fd)).events = 0;
    sendings.at(static_cast<std::size_t>(fd)).sent = -1;
  }
  if (!serve(setup, fd)) {
    ::close(fd);
    return;
  }
  watch(set_near(setup, fd), fd, events_for(setup));
}

/// Has the connection go over to the set that is near by now.
void follow(const Setup& setup, int set, int fd) {
  const int near = set_near(setup, fd);
  if (near == set) return;
  // Another thread may be at the same connection: then that one has it go over.
  if (::epoll_ctl(set, EPOLL_CTL_DEL, fd, nullptr) != 0) return;
  watch(near, fd, events_for(setup));
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
  constexpr std::string_view reno = "reno";
  ::setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, reno.data(), reno.size());
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
    std::fputs("usage: bench_null_server PORT ANSWER [close | FILE | COUNT]\n", stderr);
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);  // sendfile raises it when a client has gone
  const std::string how = argc > 3 ? arguments[3] : "1";
  const bool is_count =
      std::all_of(how.begin(), how.end(), [](char c) { return c >= '0' && c <= '9'; });
  std::ifstream file(arguments[2], std::ios::binary);
  const std::string answer(std::istreambuf_iterator<char>(file), {});
  Setup setup{listen_on(static_cast<std::uint16_t>(std::stoul(arguments[1]))),
              {},
              std::vector<std::string>(is_count ? std::stoul(how) : 1, answer),
              how == "close"};
  if (!is_count && !setup.close_after_answer) {
    setup.file = checked(::open(how.c_str(), O_RDONLY | O_CLOEXEC), "open");
    setup.file_size = checked_size(setup.file);
  }
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
