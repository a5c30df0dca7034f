#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "catena/export.hpp"
#include "catena/fs/opened.hpp"
#include "catena/fs/root_directory.hpp"

namespace catena {

/// Keeps what was found beneath document roots: files with their descriptor, or their bytes when
/// they are small, directories, and that there is nothing at a path.
///
/// What it gives is true, or was less than 200 ms ago. The kernel tells of changes (inotify). Where
/// it can't, because watches have run out, the file system is one that others write to, a link is
/// on the way, or the file has several names, each path in use is looked at anew every 100 ms; and
/// what is watched is, every 2 s, for what the kernel does not tell: writes through memory maps,
/// mounts, and writes by a second name that a file was given after it was kept.
///
/// A hit takes no lock, allocates nothing and asks no clock. Any thread may call any of this.
class CATENA_API OpenFileCache {
 public:
  struct Bounds {
    std::size_t entries = 16'384;  ///< paths; of these, one in eight of what is not there
    std::uint64_t memory = 32 * 1024 * 1024;  ///< bytes, what keeping an entry takes included
    std::uint64_t small = 32 * 1024;          ///< largest file whose bytes are kept
    std::size_t descriptors = 1'024;          ///< files kept open
    std::size_t watches = 65'536;             ///< directories that the kernel tells of
  };
  struct Counts {
    std::size_t entries = 0;
    std::size_t missing = 0;  ///< of the entries, those of paths where nothing can be had
    std::uint64_t memory = 0;
    std::size_t descriptors = 0;
    std::size_t watches = 0;
    std::uint64_t looks = 0;  ///< how often the system was asked what stands at a path
  };

  OpenFileCache();
  OpenFileCache(const OpenFileCache&) = delete;
  OpenFileCache& operator=(const OpenFileCache&) = delete;
  ~OpenFileCache();

  /// For the log; called from any thread, and not again after `stop`.
  using Tell = std::function<void(const std::string& message)>;
  /// Begins to keep, with a thread that is told of changes. `tell` is told, once a reason, why
  /// changes can't be heard of. Throws std::system_error when the system gives no thread. Once in
  /// the life of a cache.
  void start(const Bounds& bounds, Tell tell = nullptr);
  /// Lets go of everything but what is in use, which must go before the cache does. Called again,
  /// it does nothing.
  void stop() noexcept;
  bool running() const noexcept;

  /// What stands at the path beneath the root, as DocumentRoot::open says. Only while running.
  Opened open(const RootDirectory& root, std::string_view path);
  /// What stands beside a file, as DocumentRoot::open_beside says. Only while running.
  Opened open_beside(const RootDirectory& root, const Opened& file, std::string_view path,
                     std::string_view suffix);
  /// Whether the file remembers that nothing stands there by any of the suffixes.
  bool has_none_beside(const Opened& file,
                       std::span<const std::string_view> suffixes) const noexcept;

  /// A number for another root.
  std::uint64_t next_root() noexcept;
  Counts counts() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace catena
