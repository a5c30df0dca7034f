#include "catena/pipeline/exchange.hpp"

#include <stdexcept>
#include <variant>

namespace catena {

void Exchange::rewrite(std::string_view path) {
  if (path.empty() || path.front() != '/') {
    throw std::invalid_argument("a path must begin with '/', not as \"" + std::string(path) + "\"");
  }
  rewritten_.assign(path);
}

std::string_view Exchange::running() const noexcept {
  const std::string* name = running_.load(std::memory_order_acquire);
  return name == nullptr ? std::string_view{} : *name;
}

/// The innermost handler behind which there is something to run is the one that left it.
void Exchange::settle_deferred(const std::string& handler) noexcept {
  if (!response.upgrades() && !std::holds_alternative<Body::Source>(response.body.content())) {
    deferred_to_ = nullptr;
  } else if (deferred_to_ == nullptr) {
    deferred_to_ = &handler;
  }
}

void Exchange::reset() noexcept {
  response.reset();
  error = nullptr;
  root = nullptr;
  dry_run = false;
  values.clear();
  trace = nullptr;
  rewritten_.clear();
  deferred_to_ = nullptr;
}

}  // namespace catena
