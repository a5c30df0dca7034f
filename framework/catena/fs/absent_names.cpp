#include "catena/fs/absent_names.hpp"

namespace catena {
std::optional<unsigned> Suffixes::number_of(std::string_view suffix) {
  if (suffix.empty() || suffix.size() > longest) return std::nullopt;
  const std::uint64_t word = word_of(suffix);
  if (const auto found = find(word)) return found;
  if (suffix.find('/') != std::string_view::npos || suffix.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  if (count_.load(std::memory_order_relaxed) == most) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (const auto found = find(word)) return found;
  const std::size_t count = count_.load(std::memory_order_relaxed);
  if (count == most) return std::nullopt;
  texts_[count] = suffix;
  words_[count] = word;
  count_.store(count + 1, std::memory_order_release);
  return static_cast<unsigned>(count);
}

}  // namespace catena
