#include "catena/serve/generations.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "catena/runtime/log.hpp"

namespace catena {
namespace {

using std::chrono::steady_clock;

/// How often connections are asked whether they still use what has been replaced.
constexpr std::chrono::milliseconds look_after{20};

}  // namespace

Generations::Generations(std::unique_ptr<Generation> first, asio::io_context& io,
                         const ConnectionTable& table, ConnectionThreads& threads)
    : table_(table),
      threads_(threads),
      timer_(io),
      current_(std::move(first)),
      service_(&current_->service()) {}

void Generations::stop() noexcept {
  for (const Retired& retired : retired_) retired.generation->stop();
  current_->stop();
}

void Generations::replace(std::unique_ptr<Generation> next) {
  retired_.push_back({std::move(current_), steady_clock::now()});
  current_ = std::move(next);
  service_ = &current_->service();
  if (retired_.size() == 1) look_again();
}

void Generations::look_again() {
  timer_.expires_after(look_after);
  timer_.async_wait([this](const asio::error_code& error) {
    if (!error) look();
  });
}

void Generations::look() {
  retired_.remove_if([this](Retired& retired) { return end(retired); });
  if (!retired_.empty()) look_again();
}

/// Stops and destroys what no request uses, elsewhere, because that may take a while; false when it
/// has to be tried again.
bool Generations::end(Retired& retired) {
  const Service& service = retired.generation->service();
  if (!table_.uses(service)) {
    try {
      threads_.run([generation = retired.generation]() mutable {
        generation->stop();
        generation.reset();
      });
      return true;
    } catch (const std::exception&) {
      return false;  // there is no thread for it at the moment
    }
  }
  const auto grace = retired.generation->settings().timeouts.grace;
  if (retired.overdue || steady_clock::now() - retired.since < grace) return false;
  retired.overdue = true;
  for (const std::string& text : table_.busy(&service)) {
    log::warn("still at work on the configuration before the reload after the grace of " +
              std::to_string(std::chrono::duration<double>(grace).count()) + " s: " + text);
  }
  return false;
}

}  // namespace catena
