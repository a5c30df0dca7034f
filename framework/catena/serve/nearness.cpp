#include "catena/serve/nearness.hpp"

#include <algorithm>

namespace catena {
namespace {

using namespace std::chrono_literals;

constexpr auto too_long = 30us;
constexpr double enough_idle = 0.25;
constexpr std::chrono::seconds longest = 60s;
constexpr auto forgotten_after = 10s;

}  // namespace

bool Nearness::look(const Seen& seen, Clock::time_point now) noexcept {
  if (let_go_until_) {
    if (now < *let_go_until_) return false;
    let_go_until_.reset();
    kept_since_ = now;
    return true;
  }
  const bool waits = seen.waits > 0 && seen.waited > seen.waits * too_long;
  if (!waits || seen.idle < enough_idle) return true;
  const bool again = kept_since_ && now - *kept_since_ <= forgotten_after;
  let_go_for_ = again ? std::min(2 * let_go_for_, longest) : 1s;
  let_go_until_ = now + let_go_for_;
  return false;
}

}  // namespace catena
