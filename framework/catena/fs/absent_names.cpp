#include "catena/fs/absent_names.hpp"

namespace catena {
namespace {

/// A suffix that is not too long as a number; no two have the same, for no name holds a NUL.
std::uint64_t word_of(std::string_view suffix) noexcept {
  std::uint64_t word = 0;
  for (const char c : suffix) word = word << 8 | static_cast<unsigned char>(c);
  return word;
}

}  // namespace

std::optional<unsigned> Suffixes::find(std::uint64_t word) const noexcept {
  const std::size_t count = count_.load(std::memory_order_acquire);
  for (std::size_t at = 0; at < count; ++at) {
    if (words_[at] == word) return static_cast<unsigned>(at);
  }
  return std::nullopt;
}

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
