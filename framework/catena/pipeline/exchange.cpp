#include "catena/pipeline/exchange.hpp"

#include <stdexcept>

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

void Exchange::reset() noexcept {
  response.reset();
  error = nullptr;
  root = nullptr;
  dry_run = false;
  values.clear();
  trace = nullptr;
  rewritten_.clear();
}

}  // namespace catena
