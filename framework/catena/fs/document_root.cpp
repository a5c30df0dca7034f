#include "catena/fs/document_root.hpp"

#include <chrono>
#include <cstdint>
#include <utility>

#include "catena/fs/look.hpp"
#include "catena/fs/open_file_cache.hpp"
#include "catena/http/last_tick.hpp"

namespace catena {

DocumentRoot::DocumentRoot(std::filesystem::path directory, std::shared_ptr<OpenFileCache> cache)
    : directory_(std::move(directory), cache == nullptr ? 0 : cache->next_root()),
      cache_(std::move(cache)) {}

Opened DocumentRoot::open(std::string_view path) const {
  if (cache_ != nullptr && cache_->running()) return cache_->open(directory_, path);
  const std::int64_t now = last_tick_in_ns<std::chrono::steady_clock>();
  if (directory_.is_due(now)) {
    if (directory_.is_flipped()) directory_.follow();
    directory_.looked(now);
  }
  return to_opened(look_beneath(directory_.fd(), path, false));
}

Opened DocumentRoot::open_beside(const Opened& file, std::string_view path,
                                 std::string_view suffix) const {
  if (cache_ != nullptr && cache_->running()) {
    return cache_->open_beside(directory_, file, path, suffix);
  }
  return open(name_beside(path, suffix));
}

bool DocumentRoot::has_none_beside(const Opened& file,
                                   std::span<const std::string_view> suffixes) const noexcept {
  return cache_ != nullptr && cache_->has_none_beside(file, suffixes);
}

}  // namespace catena
