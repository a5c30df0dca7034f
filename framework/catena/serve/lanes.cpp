#include "catena/serve/lanes.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace catena {
namespace {

constexpr std::size_t pollers_a_lane = 2;  // so that one that blocks leaves another
constexpr std::size_t most_lanes = 64;

UniqueFd checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return UniqueFd(fd);
}

}  // namespace

Lane::Lane(const std::atomic<bool>& threads_stay_awake)
    : set(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      stays_awake(threads_stay_awake) {}

Lanes::Lanes()
    : usable_(scheduling::usable_processors()),
      signal_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  add();
}

void Lanes::add() {
  Lane& lane = lanes_.emplace_back(stays_awake_);
  epoll_event event{EPOLLIN | EPOLLET, {.ptr = nullptr}};
  if (::epoll_ctl(lane.set.get(), EPOLL_CTL_ADD, signal_.get(), &event) != 0) {
    const int error = errno;
    lanes_.pop_back();
    throw std::system_error(error, std::generic_category(), "epoll_ctl");
  }
}

void Lanes::open(std::size_t running, std::size_t most) {
  if (by_processor_.empty()) {
    const bool can_be_replaced = most / 4 >= running;
    const std::size_t count =
        can_be_replaced ? std::min({running / pollers_a_lane, usable_.size(), most_lanes}) : 1;
    while (lanes_.size() < count) add();
    by_processor_.resize(usable_.empty() ? 1 : static_cast<std::size_t>(usable_.back()) + 1,
                         nullptr);
    for (std::size_t at = 0; at < usable_.size(); ++at) {
      Lane& lane = lanes_[at * lanes_.size() / usable_.size()];
      lane.processors.push_back(usable_[at]);
      by_processor_[static_cast<std::size_t>(usable_[at])] = &lane;
    }
    for (std::size_t at = 0; at < lanes_.size(); ++at) {
      lanes_[at].beside = &lanes_[(at + 1) % lanes_.size()];
    }
    tell_of_waits_ = lanes_.size() > 1 && scheduling::idle_time() &&
                     scheduling::waits_for_processor(static_cast<int>(::gettid()));
    for (Lane& lane : lanes_) lane.keeps_near = tell_of_waits_;
  }
  for (std::size_t at = 0; at < lanes_.size(); ++at) {
    const std::size_t share = running / lanes_.size() + (at < running % lanes_.size() ? 1 : 0);
    lanes_[at].running = std::max<std::size_t>(share, 1);
  }
}

Lane& Lanes::nearest(int socket) noexcept {
  if (lanes_.size() == 1) return lanes_.front();
  int processor = -1;
  socklen_t size = sizeof processor;
  ::getsockopt(socket, SOL_SOCKET, SO_INCOMING_CPU, &processor, &size);
  // Where no packet has come yet, any lane is as near.
  const auto number = static_cast<std::size_t>(processor < 0 ? socket : processor);
  Lane* const lane =
      processor >= 0 && number < by_processor_.size() ? by_processor_[number] : nullptr;
  return lane != nullptr ? *lane : lanes_[number % lanes_.size()];
}

void Lanes::wake() const noexcept {
  const std::uint64_t one = 1;
  static_cast<void>(::write(signal_.get(), &one, sizeof one));
}

}  // namespace catena
