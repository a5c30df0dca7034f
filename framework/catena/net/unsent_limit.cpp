#include "catena/net/unsent_limit.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

namespace catena {
namespace {

using namespace std::chrono_literals;

// The kernel tells of room when half of it is there again. A sender that is woken for that less
// than fifty times a second does not need more.
constexpr std::uint64_t portion = UnsentLimit::little / 2;
constexpr auto soon = 20ms;

std::size_t as_machine_bears() noexcept {
  constexpr std::size_t most = 64;
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page = ::sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page <= 0) return 0;
  const auto memory = static_cast<std::size_t>(pages) * static_cast<std::size_t>(page);
  return std::min(memory / 64 / UnsentLimit::much, most);
}

}  // namespace

UnsentBudget::UnsentBudget() noexcept : UnsentBudget(as_machine_bears()) {}

bool UnsentBudget::take() noexcept {
  std::size_t left = left_.load(std::memory_order_relaxed);
  while (left > 0) {
    if (left_.compare_exchange_weak(left, left - 1, std::memory_order_relaxed)) return true;
  }
  return false;
}

bool UnsentLimit::blocked(int socket, std::uint64_t taken, Deadline now) noexcept {
  if (state_ == State::much || state_ == State::unknown) return false;
  taken_ += taken;
  // What fits in at first says nothing of the client.
  if (state_ == State::little && taken_ < portion) return false;
  const bool is_fast = state_ == State::little && now - since_ <= soon;
  state_ = State::little;
  since_ = now;
  taken_ = 0;
  if (!is_fast || !budget_.take()) return false;
  const int value = much;
  if (::setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, sizeof value) == 0) {
    state_ = State::much;
    return true;
  }
  budget_.give_back();
  state_ = State::unknown;
  return false;
}

void UnsentLimit::end() noexcept {
  if (state_ == State::much) budget_.give_back();
  state_ = State::unasked;
}

}  // namespace catena
