#include "catena/fs/cached_file.hpp"

#include <algorithm>
#include <bit>

#include "catena/fs/fetch_ahead.hpp"

namespace catena {

bool CachedFile::use() noexcept {
  std::uint32_t users = users_.load(std::memory_order_relaxed);
  while (users > 0) {
    if (users_.compare_exchange_weak(users, users + 1, std::memory_order_acquire,
                                     std::memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

void CachedFile::release() noexcept {
  if (users_.fetch_sub(1, std::memory_order_acq_rel) == 1) home_->take_back(*this);
}

void CachedFile::clear() noexcept {
  path = {};
  bytes = {};
  look = {};
  keeps_bytes = watched = fresh = false;
  validators.reset();
  fields = {};
  absent.forget();
}

CachedFiles::CachedFiles(std::size_t most_entries)
    // Half full at most, so that a set is rarely full before the table is.
    : set_count_(std::bit_ceil(std::max<std::size_t>(1, most_entries / (ways / 2)))),
      sets_(std::make_unique<Set[]>(set_count_)),
      // What was removed and is still in use has a place, too.
      most_places_(2 * most_entries + chunk_size),
      chunk_at_(std::make_unique<std::atomic<CachedFile*>[]>(most_places_ / chunk_size + 1)) {}

std::uint64_t CachedFiles::hash_of(std::uint64_t root, std::string_view path) noexcept {
  return std::hash<std::string_view>{}(path) ^ (root * 0x9e37'79b9'7f4a'7c15ULL);
}

CachedFile& CachedFiles::at(std::uint64_t way) const noexcept {
  const std::size_t index = (way & 0xffff'ffffU) - 1;
  return chunk_at_[index / chunk_size].load(std::memory_order_acquire)[index % chunk_size];
}

CachedFile* CachedFiles::find(std::uint64_t hash, std::uint64_t root,
                              std::string_view path) noexcept {
  for (const Way& way : set_of(hash).way) {
    const std::uint64_t held = way.load(std::memory_order_acquire);
    if (held == 0 || held >> 32 != hash >> 32) continue;
    CachedFile& entry = at(held);
    fetch_ahead(&entry);
    if (!entry.use()) continue;
    if (entry.valid.load(std::memory_order_acquire) && entry.hash == hash && entry.root == root &&
        entry.path == path) {
      if (!entry.wanted.load(std::memory_order_relaxed)) {
        entry.wanted.store(true, std::memory_order_relaxed);
      }
      return &entry;
    }
    entry.release();
  }
  return nullptr;
}

CachedFile* CachedFiles::take_place() {
  const std::lock_guard lock(places_mutex_);
  if (free_.empty()) {
    const std::size_t first = chunks_.size() * chunk_size;
    if (first >= most_places_) return nullptr;
    free_.reserve(first + chunk_size);  // so that giving a place back never allocates
    CachedFile* chunk = chunks_.emplace_back(std::make_unique<CachedFile[]>(chunk_size)).get();
    for (std::size_t i = chunk_size; i-- > 0;) {
      chunk[i].home_ = this;
      chunk[i].index_ = static_cast<std::uint32_t>(first + i);
      free_.push_back(&chunk[i]);
    }
    chunk_at_[first / chunk_size].store(chunk, std::memory_order_release);
  }
  CachedFile* entry = free_.back();
  free_.pop_back();
  entry->users_.store(1, std::memory_order_release);
  return entry;
}

void CachedFiles::take_back(CachedFile& entry) noexcept {
  if (entry.memory_counted_ > 0) {
    memory_.fetch_sub(entry.memory_counted_, std::memory_order_relaxed);
    if (entry.look.file) descriptors_.fetch_sub(1, std::memory_order_relaxed);
    entry.memory_counted_ = 0;
  }
  entry.clear();
  const std::lock_guard lock(places_mutex_);
  free_.push_back(&entry);
}

bool CachedFiles::insert(CachedFile& entry) noexcept {
  for (Way& way : set_of(entry.hash).way) {
    if (way.load(std::memory_order_relaxed) != 0) continue;
    entry.memory_counted_ = entry.cost();
    memory_.fetch_add(entry.memory_counted_, std::memory_order_relaxed);
    if (entry.look.file) descriptors_.fetch_add(1, std::memory_order_relaxed);
    ++entries_;
    if (entry.is_missing()) enqueue_missing(entry);
    entry.wanted.store(false, std::memory_order_relaxed);
    // What a reader that was late for another entry sees, too: all of this one, or nothing.
    entry.valid.store(true, std::memory_order_release);
    entry.users_.fetch_add(1, std::memory_order_release);
    way.store((entry.hash >> 32 << 32) | (entry.index_ + 1), std::memory_order_release);
    return true;
  }
  return false;
}

bool CachedFiles::has_room(std::uint64_t hash) const noexcept {
  const Set& set = set_of(hash);
  return std::any_of(std::begin(set.way), std::end(set.way),
                     [](const Way& way) { return way.load(std::memory_order_relaxed) == 0; });
}

CachedFile* CachedFiles::peek(std::uint64_t root, std::string_view path) noexcept {
  const std::uint64_t hash = hash_of(root, path);
  for (const Way& way : set_of(hash).way) {
    const std::uint64_t held = way.load(std::memory_order_relaxed);
    if (held == 0 || held >> 32 != hash >> 32) continue;
    CachedFile& entry = at(held);
    if (entry.hash == hash && entry.root == root && entry.path == path) return &entry;
  }
  return nullptr;
}

void CachedFiles::remove(CachedFile& entry) noexcept {
  for (Way& way : set_of(entry.hash).way) {
    const std::uint64_t held = way.load(std::memory_order_relaxed);
    if (held == 0 || &at(held) != &entry) continue;
    way.store(0, std::memory_order_release);
    entry.valid.store(false, std::memory_order_release);
    --entries_;
    if (entry.is_missing()) dequeue_missing(entry);
    entry.release();
    return;
  }
}

/// Removes what stands there if it may go. What was wanted gets a second chance, unless it is to go
/// in any case.
bool CachedFiles::evict_from(Way& way, bool in_any_case,
                             const std::function<bool(const CachedFile&)>& suits,
                             const std::function<void(CachedFile&)>& removing) {
  const std::uint64_t held = way.load(std::memory_order_relaxed);
  if (held == 0) return false;
  CachedFile& entry = at(held);
  if (entry.users_.load(std::memory_order_relaxed) > 1 || !suits(entry)) return false;
  if (entry.wanted.exchange(false, std::memory_order_relaxed) && !in_any_case) return false;
  removing(entry);
  remove(entry);
  return true;
}

bool CachedFiles::evict(const std::function<bool(const CachedFile&)>& suits,
                        const std::function<void(CachedFile&)>& removing) {
  const std::size_t all = set_count_ * ways;
  for (std::size_t tried = 0; tried < 2 * all; ++tried) {
    hand_ = (hand_ + 1) % all;
    if (evict_from(sets_[hand_ / ways].way[hand_ % ways], false, suits, removing)) return true;
  }
  return false;
}

void CachedFiles::enqueue_missing(CachedFile& entry) noexcept {
  entry.older_missing_ = newest_missing_;
  entry.newer_missing_ = nullptr;
  (newest_missing_ != nullptr ? newest_missing_->newer_missing_ : oldest_missing_) = &entry;
  newest_missing_ = &entry;
  ++missing_;
}

void CachedFiles::dequeue_missing(CachedFile& entry) noexcept {
  CachedFile* const older = entry.older_missing_;
  CachedFile* const newer = entry.newer_missing_;
  (older != nullptr ? older->newer_missing_ : oldest_missing_) = newer;
  (newer != nullptr ? newer->older_missing_ : newest_missing_) = older;
  --missing_;
}

bool CachedFiles::evict_missing(const std::function<void(CachedFile&)>& removing) {
  constexpr int chances = 16;
  for (int tried = 0; oldest_missing_ != nullptr; ++tried) {
    CachedFile& entry = *oldest_missing_;
    if (tried < chances && entry.wanted.exchange(false, std::memory_order_relaxed)) {
      dequeue_missing(entry);
      enqueue_missing(entry);
      continue;
    }
    removing(entry);
    remove(entry);
    return true;
  }
  return false;
}

bool CachedFiles::evict_beside(std::uint64_t hash,
                               const std::function<bool(const CachedFile&)>& suits,
                               const std::function<void(CachedFile&)>& removing) {
  for (const bool in_any_case : {false, true}) {
    for (Way& way : set_of(hash).way) {
      if (evict_from(way, in_any_case, suits, removing)) return true;
    }
  }
  return false;
}

void CachedFiles::for_each(const std::function<void(CachedFile&)>& visit) {
  for (std::size_t set = 0; set < set_count_; ++set) {
    for (const Way& way : sets_[set].way) {
      const std::uint64_t held = way.load(std::memory_order_relaxed);
      if (held != 0) visit(at(held));
    }
  }
}

}  // namespace catena
