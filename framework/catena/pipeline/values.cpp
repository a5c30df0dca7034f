#include "catena/pipeline/values.hpp"

namespace catena {

void ExchangeValues::clear() noexcept {
  if (entries_.empty()) return;
  for (; !entries_.empty(); entries_.pop_back()) entries_.back().destroy(entries_.back().value);
  memory_.release();
}

void* ExchangeValues::find(std::type_index type, const Handler* owner) const noexcept {
  for (const Entry& entry : entries_) {
    if (entry.owner == owner && entry.type == type) return entry.value;
  }
  return nullptr;
}

}  // namespace catena
