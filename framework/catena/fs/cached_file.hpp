#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catena/fs/absent_names.hpp"
#include "catena/fs/look.hpp"
#include "catena/fs/opened.hpp"

namespace catena {

class CachedFiles;
struct WatchedDirectory;

/// What was found at one path, kept for many. It counts its users, of which the table is one.
///
/// Everything without a note is written before there are users, and only read while there are.
class alignas(64) CachedFile final : public FileKeeper {
 public:
  /// Becomes one more user, unless there is none any more.
  bool use() noexcept;
  void release() noexcept override;

  std::uint64_t hash = 0;
  std::uint64_t root = 0;
  std::string path;
  Look look;          ///< its file is open only when the bytes are not kept
  std::string bytes;  ///< of a small file
  bool keeps_bytes = false;
  /// Whether the kernel tells when it changes.
  bool watched = false;
  /// Whether it was modified so shortly before it was looked at that another change might not show:
  /// it is not trusted by its times, but read anew.
  bool fresh = false;
  std::optional<ReadyValidators> validators;
  ReadyFields fields;

  std::atomic<bool> valid{false};          ///< false once anything is known to have changed
  std::atomic<bool> wanted{false};         ///< used since the last search for what can go
  std::atomic<std::int64_t> looked_at{0};  ///< when it was last known to be true
  /// What is not beside a file. It is true as long as the entry is: it is forgotten when a name
  /// beside it changes, and, where the kernel does not tell of that, whenever the entry is looked
  /// at anew.
  AbsentNames absent;

  /// Its place among what hangs on a directory; guarded by the lock of the cache.
  WatchedDirectory* directory = nullptr;
  bool deep = false;
  CachedFile* previous = nullptr;
  CachedFile* next = nullptr;

  std::size_t cost() const noexcept {
    return sizeof(CachedFile) + path.capacity() + bytes.size() + fields.lines.text().size();
  }
  bool is_missing() const noexcept { return look.error != OpenError::none; }

 private:
  friend class CachedFiles;
  void clear() noexcept;

  std::atomic<std::uint32_t> users_{0};
  CachedFiles* home_ = nullptr;
  std::uint32_t index_ = 0;
  CachedFile* older_missing_ = nullptr;  ///< for the lock of the cache, as the next
  CachedFile* newer_missing_ = nullptr;
  std::size_t memory_counted_ = 0;
};

/// A table of cached files by root and path. Finding one takes no lock: the places of entries are
/// never freed while the table lives, so a reader may look at one that has just become another's,
/// and notices. All else is for one thread at a time, who holds the lock of the cache.
class CachedFiles {
 public:
  explicit CachedFiles(std::size_t most_entries);
  CachedFiles(const CachedFiles&) = delete;
  CachedFiles& operator=(const CachedFiles&) = delete;

  static std::uint64_t hash_of(std::uint64_t root, std::string_view path) noexcept;

  /// The entry, one user more; null when there is none. Any thread, no lock.
  CachedFile* find(std::uint64_t hash, std::uint64_t root, std::string_view path) noexcept;

  /// A place for an entry with one user, the caller; null when there is none.
  CachedFile* take_place();
  /// Puts it where it is found, and the table among its users. False when there is no room, which
  /// there may be after `evict`.
  bool insert(CachedFile& entry) noexcept;
  /// The entry of that path that can be found, without a use; null when there is none.
  CachedFile* peek(std::uint64_t root, std::string_view path) noexcept;
  /// Whether an entry of that hash has a place to stand.
  bool has_room(std::uint64_t hash) const noexcept;
  /// Takes it out; it lives until its last user has gone.
  void remove(CachedFile& entry) noexcept;

  /// Removes one entry that nobody uses, that was not wanted lately, and that `suits`; told to
  /// `removing` before. False when there is none.
  bool evict(const std::function<bool(const CachedFile&)>& suits,
             const std::function<void(CachedFile&)>& removing);
  /// Removes an entry of what is not there, the oldest rather than one that was wanted lately.
  bool evict_missing(const std::function<void(CachedFile&)>& removing);
  /// Like `evict`, within the places where an entry of that hash may stand.
  bool evict_beside(std::uint64_t hash, const std::function<bool(const CachedFile&)>& suits,
                    const std::function<void(CachedFile&)>& removing);
  void for_each(const std::function<void(CachedFile&)>& visit);

  std::size_t entries() const noexcept { return entries_; }
  std::size_t missing() const noexcept { return missing_; }
  /// Of all that lives, what was removed and is still in use among it.
  std::uint64_t memory() const noexcept { return memory_.load(std::memory_order_relaxed); }
  std::size_t descriptors() const noexcept { return descriptors_.load(std::memory_order_relaxed); }

 private:
  friend class CachedFile;
  static constexpr std::size_t ways = 8;
  static constexpr std::size_t chunk_size = 128;
  /// The upper half of the hash, and the number of the entry's place, counted from 1; 0 is nobody.
  using Way = std::atomic<std::uint64_t>;
  struct alignas(64) Set {
    Way way[ways];
  };

  CachedFile& at(std::uint64_t way) const noexcept;
  Set& set_of(std::uint64_t hash) const noexcept { return sets_[hash & (set_count_ - 1)]; }
  bool evict_from(Way& way, bool in_any_case, const std::function<bool(const CachedFile&)>& suits,
                  const std::function<void(CachedFile&)>& removing);
  void enqueue_missing(CachedFile& entry) noexcept;
  void dequeue_missing(CachedFile& entry) noexcept;
  void take_back(CachedFile& entry) noexcept;

  std::size_t set_count_;
  std::unique_ptr<Set[]> sets_;
  std::size_t hand_ = 0;
  CachedFile* oldest_missing_ = nullptr;
  CachedFile* newest_missing_ = nullptr;
  std::size_t entries_ = 0;
  std::size_t missing_ = 0;
  std::atomic<std::uint64_t> memory_{0};
  std::atomic<std::size_t> descriptors_{0};

  std::size_t most_places_;
  std::unique_ptr<std::atomic<CachedFile*>[]> chunk_at_;
  std::mutex places_mutex_;
  std::vector<std::unique_ptr<CachedFile[]>> chunks_;
  std::vector<CachedFile*> free_;
};

}  // namespace catena
