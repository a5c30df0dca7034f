#include "catena/net/socket_stream.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

namespace catena {
namespace {

using std::chrono::steady_clock;

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

/// Waits for the events; ok, or timeout. A broken connection counts as ready: the next call tells.
IoStatus wait_for(int socket, short events, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
    pollfd entry{socket, events, 0};
    const auto timeout = std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, 1 << 30);
    const int ready = ::poll(&entry, 1, static_cast<int>(timeout));
    if (ready > 0) return IoStatus::ok;
    if (ready == 0) return IoStatus::timeout;
    if (errno != EINTR) return IoStatus::gone;
  }
}

/// The kernel takes one piece faster than several, by more than it takes to copy this much.
constexpr std::size_t cheap_to_copy = 4096;

/// The pieces as the kernel takes them, and what is left of them after a partial write.
class Gather {
 public:
  explicit Gather(std::span<const std::string_view> pieces) : pieces_(pieces) {}

  bool done() const { return pieces_.empty(); }

  /// Sends as much as goes, as `send` does.
  ssize_t send(int socket, int flags) {
    std::size_t count = 0;
    std::size_t size = 0;
    for (const std::string_view piece : pieces_.first(std::min(pieces_.size(), parts_.size()))) {
      const std::size_t skipped = count == 0 ? sent_of_first_ : 0;
      parts_[count++] = {const_cast<char*>(piece.data()) + skipped, piece.size() - skipped};
      size += piece.size() - skipped;
    }
    if (count == 1) return ::send(socket, parts_[0].iov_base, size, flags);
    std::array<char, cheap_to_copy> copy;
    if (size <= copy.size()) {
      char* end = copy.data();
      for (const iovec& part : std::span(parts_).first(count)) {
        const char* const begin = static_cast<const char*>(part.iov_base);
        end = std::copy(begin, begin + part.iov_len, end);
      }
      return ::send(socket, copy.data(), size, flags);
    }
    msghdr message{};
    message.msg_iov = parts_.data();
    message.msg_iovlen = count;
    return ::sendmsg(socket, &message, flags);
  }

  void sent(std::size_t bytes) {
    sent_of_first_ += bytes;
    while (!pieces_.empty() && sent_of_first_ >= pieces_.front().size()) {
      sent_of_first_ -= pieces_.front().size();
      pieces_ = pieces_.subspan(1);
    }
  }

 private:
  std::span<const std::string_view> pieces_;
  std::size_t sent_of_first_ = 0;
  std::array<iovec, 8> parts_{};
};

}  // namespace

SocketStream::SocketStream(int socket, UnsentLimit* unsent) noexcept
    : socket_(socket), unsent_(unsent) {
  const int flags = ::fcntl(socket_, F_GETFL);
  ::fcntl(socket_, F_SETFL, flags | O_NONBLOCK);
}

void SocketStream::take_up(int socket, UnsentLimit& unsent, bool ended) noexcept {
  socket_ = socket;
  unsent_ = &unsent;
  ended_ = ended;
  sent_file_ = false;
  drained_ = false;
}

bool SocketStream::wait_in_place(bool wait) noexcept { return std::exchange(waits_, wait); }

IoResult SocketStream::read_arrived(std::span<char> into) {
  for (;;) {
    const ssize_t got = ::recv(socket_, into.data(), into.size(), 0);
    if (got > 0) {
      const auto size = static_cast<std::size_t>(got);
      drained_ = size < into.size() && !ended_;
      return {size, IoStatus::ok};
    }
    if (got == 0) return {0, IoStatus::end};
    if (would_block(errno)) return {0, IoStatus::ok};
    if (errno != EINTR) return {0, IoStatus::gone};
  }
}

IoResult SocketStream::read(std::span<char> into, Deadline deadline) {
  if (!waits_ && drained_) return {0, IoStatus::blocked};
  for (;;) {
    const IoResult result = read_arrived(into);
    if (result.size > 0 || result.status != IoStatus::ok) return result;
    if (!waits_) return {0, IoStatus::blocked};
    const IoStatus waited = wait_for(socket_, POLLIN, deadline);
    if (waited != IoStatus::ok) return {0, waited};
  }
}

IoResult SocketStream::write(std::span<const std::string_view> pieces, bool more, Pace& pace) {
  Gather gather(pieces);
  gather.sent(0);
  std::size_t total = 0;
  std::size_t when_blocked = 0;
  while (!gather.done()) {
    const ssize_t sent = gather.send(socket_, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
    if (sent >= 0) {
      gather.sent(static_cast<std::size_t>(sent));
      total += static_cast<std::size_t>(sent);
      pace.moved(static_cast<std::uint64_t>(sent));
    } else if (would_block(errno)) {
      const IoStatus waited = wait_to_write(total - std::exchange(when_blocked, total), pace);
      if (waited != IoStatus::ok) return {total, waited};
    } else if (errno != EINTR) {
      return {total, IoStatus::gone};
    }
  }
  return {total, IoStatus::ok};
}

IoResult SocketStream::send_file(int file, std::uint64_t offset, std::size_t size, Pace& pace) {
  sent_file_ = true;
  auto position = static_cast<off_t>(offset);
  std::size_t total = 0;
  std::size_t when_blocked = 0;
  while (total < size) {
    const ssize_t sent = ::sendfile(socket_, file, &position, size - total);
    if (sent > 0) {
      total += static_cast<std::size_t>(sent);
      pace.moved(static_cast<std::uint64_t>(sent));
    } else if (sent == 0) {
      return {total, IoStatus::failed};
    } else if (would_block(errno)) {
      const IoStatus waited = wait_to_write(total - std::exchange(when_blocked, total), pace);
      if (waited != IoStatus::ok) return {total, waited};
    } else if (errno == EIO || errno == EINVAL || errno == EOVERFLOW) {
      return {total, IoStatus::failed};
    } else if (errno != EINTR) {
      return {total, IoStatus::gone};
    }
  }
  return {total, IoStatus::ok};
}

/// Waits until something can be written, where waiting is wanted; this much could since the last
/// time.
IoStatus SocketStream::wait_to_write(std::uint64_t taken, Pace& pace) const noexcept {
  const auto begin = steady_clock::now();
  if (unsent_ != nullptr && unsent_->blocked(socket_, taken, begin)) return IoStatus::ok;
  if (!waits_) return IoStatus::blocked;
  const IoStatus status = wait_for(socket_, POLLOUT, pace.deadline(begin));
  pace.waited(steady_clock::now() - begin);
  return status;
}

bool SocketStream::gone() noexcept {
  pollfd entry{socket_, 0, 0};
  return ::poll(&entry, 1, 0) > 0 && (entry.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

void SocketStream::finish_writing() noexcept { ::shutdown(socket_, SHUT_WR); }

void SocketStream::abandon() noexcept {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace catena
