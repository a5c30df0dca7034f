#include "catena/serve/pause.hpp"

#include <algorithm>

namespace catena {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds longest = 60s;
constexpr auto forgotten_after = 10s;

}  // namespace

void Pause::begin(Clock::time_point now) noexcept {
  const bool again = ended_ && now - *ended_ <= forgotten_after;
  length_ = again ? std::min(2 * length_, longest) : 1s;
  until_ = now + length_;
}

bool Pause::lasts(Clock::time_point now) noexcept {
  if (!until_) return false;
  if (now < *until_) return true;
  until_.reset();
  ended_ = now;
  return false;
}

}  // namespace catena
