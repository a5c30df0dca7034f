#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "catena/fs/cached_file.hpp"
#include "catena/fs/inotify.hpp"

namespace catena {

/// A directory beneath a root that the kernel is to tell of, and the cached files that hang on it:
/// each on the deepest one that there is on the way to it.
struct WatchedDirectory {
  std::uint64_t root = 0;
  std::string path;  ///< "/", or with a slash at either end
  int watch = -1;
  bool hears_all = false;       ///< whether it can be relied on
  CachedFile* names = nullptr;  ///< those of a name in it
  CachedFile* deep = nullptr;   ///< those of a path that goes on where it has nothing
};

/// The directories that are watched, by root and path. Not for several threads at once.
class WatchedDirectories {
 public:
  /// `most` directories may be watched; what hangs on one that is dropped is given to `remove`.
  WatchedDirectories(std::size_t most, std::function<void(CachedFile&)> remove)
      : most_(most), remove_(std::move(remove)) {}

  Inotify& inotify() noexcept { return inotify_; }
  std::size_t size() const noexcept { return by_watch_.size(); }
  /// Null when it is not watched.
  WatchedDirectory* find(std::uint64_t root, std::string_view path) noexcept;
  /// Watches an open directory; null with errno when that can't be had. Those on which nothing
  /// hangs, and that are not on the way to it, may be dropped to make room; `dropped` is told.
  WatchedDirectory* add(std::uint64_t root, std::string_view path, int directory,
                        const std::function<void(std::uint64_t, std::string_view)>& dropped);

  /// Hangs an entry on the directory.
  static void hang(CachedFile& entry, WatchedDirectory& directory) noexcept;
  /// Takes it off, where it hangs.
  static void unhang(CachedFile& entry) noexcept;

  /// Calls with each directory that has that number, of which some may be gone by then.
  void for_each_of(int watch, const std::function<void(std::uint64_t, const std::string&)>& visit);
  /// Drops the directory, all beneath it, and what hangs on them.
  void drop(std::uint64_t root, std::string_view path);
  /// Removes what hangs on the directory and whose path goes on beneath `path`.
  void remove_deep(WatchedDirectory& directory, std::string_view path);
  void clear();

 private:
  using Tree = std::map<std::string, WatchedDirectory, std::less<>>;
  Tree::iterator drop(Tree& tree, Tree::iterator at);
  void remove_all(CachedFile*& list);
  void drop_idle(std::uint64_t root, std::string_view way,
                 const std::function<void(std::uint64_t, std::string_view)>& dropped);

  std::size_t most_;
  std::function<void(CachedFile&)> remove_;
  Inotify inotify_;
  std::unordered_map<std::uint64_t, Tree> trees_;
  std::unordered_multimap<int, WatchedDirectory*> by_watch_;
};

}  // namespace catena
