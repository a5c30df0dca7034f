#include "catena/fs/absent_names.hpp"

namespace catena {

std::optional<unsigned> Suffixes::find(std::string_view suffix) const noexcept {
  const std::size_t count = count_.load(std::memory_order_acquire);
  for (std::size_t at = 0; at < count; ++at) {
    if (texts_[at] == suffix) return static_cast<unsigned>(at);
  }
  return std::nullopt;
}

std::optional<unsigned> Suffixes::number_of(std::string_view suffix) {
  if (const auto found = find(suffix)) return found;
  if (suffix.empty() || suffix.find('/') != std::string_view::npos) return std::nullopt;
  if (count_.load(std::memory_order_relaxed) == most) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (const auto found = find(suffix)) return found;
  const std::size_t count = count_.load(std::memory_order_relaxed);
  if (count == most) return std::nullopt;
  texts_[count] = suffix;
  count_.store(count + 1, std::memory_order_release);
  return static_cast<unsigned>(count);
}

}  // namespace catena
