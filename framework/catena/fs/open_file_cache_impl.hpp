#pragma once

#include <sys/eventfd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "catena/fs/absent_names.hpp"
#include "catena/fs/cache_clock.hpp"
#include "catena/fs/cached_file.hpp"
#include "catena/fs/look.hpp"
#include "catena/fs/open_file_cache.hpp"
#include "catena/fs/watched_directories.hpp"

namespace catena {

/// What the cache is made of, in three parts, each in a file of its own: looking up
/// (open_file_cache.cpp), loading what is not there yet (open_file_cache_loading.cpp), and letting
/// go of what has changed (open_file_cache_changes.cpp).
class OpenFileCache::Impl {
 public:
  ~Impl() { stop(); }

  void start(const Bounds& bounds, Tell tell);
  void stop() noexcept;
  bool running() const noexcept { return running_.load(std::memory_order_acquire); }
  Opened open(const RootDirectory& root, std::string_view path);
  bool has_none_beside(const Opened& file,
                       std::span<const std::string_view> suffixes) const noexcept;
  Opened open_beside(const RootDirectory& root, const Opened& file, std::string_view path,
                     std::string_view suffix);
  std::uint64_t next_root() noexcept { return ++roots_; }
  Counts counts() const;

 private:
  /// A path that is being looked at, and whether anything on it changed meanwhile.
  struct Loading {
    std::uint64_t root;
    std::string_view path;
    bool spoiled = false;
  };
  class LoadingScope;
  /// A file beside which a name is looked at, which is to remember when there is nothing.
  struct Beside {
    CachedFile& file;
    unsigned suffix;
    AbsentNames::Known before;

    /// Whether the lack of the name is known as well as the file is.
    bool remembers(const Look& look) const noexcept {
      return look.error == OpenError::not_found && !(file.watched && look.through_link);
    }
  };
  struct Watched {
    WatchedDirectory* deepest = nullptr;
    bool hears_all = false;
  };

  // Looking up: what a hit takes.
  static Opened use_of(CachedFile& entry);
  void look_at_root(const RootDirectory& root, std::int64_t now);
  CachedFile* find(const RootDirectory& root, std::string_view path, std::uint64_t hash,
                   std::int64_t now);
  bool is_true_still(CachedFile& entry, const RootDirectory& root, std::int64_t now);
  Look look(const RootDirectory& root, std::string_view path);
  void shed_descriptors();
  void remove_if_there(CachedFile& entry);

  // Loading: what is not in the table yet.
  Opened load(const RootDirectory& root, std::string_view path, std::uint64_t hash,
              std::int64_t now, const Beside* beside = nullptr);
  CachedFile* make_entry(Look& look, std::string_view path);
  CachedFile* keep(const Loading& loading, Look& look, std::uint64_t hash, Watched watched,
                   std::int64_t now);
  bool make_room(const CachedFile& entry);
  Watched watch(const RootDirectory& root, std::string_view path, Loading& loading,
                std::unique_lock<std::mutex>& lock);
  void say_why(const RootDirectory& root, std::string_view path, int error);

  // Changes: what has to go again; all with the lock but for the thread itself.
  void remove(CachedFile& entry) {
    WatchedDirectories::unhang(entry);
    files_->remove(entry);
  }
  void spoil(std::uint64_t root, std::string_view beneath);
  void forget_all();
  void forget_root(std::uint64_t root);
  void forget_beneath(std::uint64_t root, std::string_view directory);
  void forget_name(std::uint64_t root, const std::string& directory, const Inotify::Event& event);
  void heed(const Inotify::Event& event);
  void heed_events();
  void follow_changes();
  void wake() noexcept { ::eventfd_write(wake_.get(), 1); }

  Bounds bounds_;
  Tell tell_;
  std::atomic<bool> running_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> roots_{0};
  std::atomic<std::uint64_t> looks_{0};
  Suffixes suffixes_;
  CacheClock clock_;
  UniqueFd wake_;
  mutable std::mutex mutex_;  // guards what follows, but for finding files
  std::unique_ptr<CachedFiles> files_;
  std::unique_ptr<WatchedDirectories> directories_;
  std::vector<Loading*> loading_;
  std::vector<int> told_;  // the reasons why directories are not watched that were told
  std::thread thread_;
};

}  // namespace catena
