// Looks at paths that are not in the table, and keeps what was found: the directories on the way
// are watched before, and what changes meanwhile is not kept.

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "catena/fs/open_file_cache_impl.hpp"
#include "catena/http/last_tick.hpp"
#include "catena/http/mime.hpp"

namespace catena {
namespace {

/// Reads a file whole; nothing when it has another size.
bool read_whole(int file, std::string& into, std::size_t size) {
  into.resize(size);
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(file, into.data() + done, size - done, static_cast<off_t>(done));
    if (got <= 0) return false;
    done += static_cast<std::size_t>(got);
  }
  return true;
}

/// Whether another change at the time now might leave the same time behind.
bool is_fresh(const FileIdentity& identity, std::int64_t now, const FileTag& tag) {
  return tag.tag().weak || FileTag(identity.changed, 0, now).tag().weak || identity.modified > now;
}

}  // namespace

/// Enters a path among those that are being looked at.
class OpenFileCache::Impl::LoadingScope {
 public:
  LoadingScope(Impl& cache, Loading& loading) : cache_(cache), loading_(loading) {
    const std::lock_guard lock(cache_.mutex_);
    cache_.loading_.push_back(&loading_);
  }
  LoadingScope(const LoadingScope&) = delete;
  LoadingScope& operator=(const LoadingScope&) = delete;
  ~LoadingScope() {
    const std::lock_guard lock(cache_.mutex_);
    std::erase(cache_.loading_, &loading_);
  }

 private:
  Impl& cache_;
  Loading& loading_;
};

/// Looks at a path that is not in the cache, and keeps what was found when it can be vouched for.
/// That there is nothing `beside` a file is kept with the file: all names of that kind need no
/// place of their own.
Opened OpenFileCache::Impl::load(const RootDirectory& root, std::string_view path,
                                 std::uint64_t hash, std::int64_t now, const Beside* beside) {
  Loading loading{root.id(), path};
  const LoadingScope scope(*this, loading);
  Watched watched;
  {
    std::unique_lock lock(mutex_);
    watched = watch(root, path, loading, lock);
  }
  // From here on the kernel tells of every change, so that what is found is true until it does.
  Look found = look(root, path);
  if (beside != nullptr && beside->remembers(found)) {
    beside->file.absent.learn(beside->suffix, beside->before);
  } else if (found.error != OpenError::busy) {
    if (CachedFile* entry = keep(loading, found, hash, watched, now)) return use_of(*entry);
  }
  return to_opened(std::move(found));
}

/// Has the directories on the way to the path watched, as deep as there are any.
OpenFileCache::Impl::Watched OpenFileCache::Impl::watch(const RootDirectory& root,
                                                        std::string_view path, Loading& loading,
                                                        std::unique_lock<std::mutex>& lock) {
  const auto dropped = [this](std::uint64_t of, std::string_view beneath) { spoil(of, beneath); };
  Watched watched;
  watched.hears_all = true;
  const std::string_view way = path.substr(0, path.find_last_not_of('/') + 1);
  for (std::size_t slash = 0; slash != std::string_view::npos; slash = way.find('/', slash + 1)) {
    const std::string_view part = path.substr(0, slash + 1);
    WatchedDirectory* directory = directories_->find(root.id(), part);
    if (directory == nullptr) {
      lock.unlock();
      const UniqueFd opened = open_directory_beneath(root.fd(), part);
      const int error = errno;
      lock.lock();
      if (loading.spoiled) return {};
      if (!opened) {
        if (error != ENOENT && error != ENOTDIR) watched.hears_all = false;
        return watched;
      }
      directory = directories_->find(root.id(), part);
      if (directory == nullptr) {
        directory = directories_->add(root.id(), part, opened.get(), dropped);
      }
      if (directory == nullptr) {
        say_why(root, part, errno);
        watched.hears_all = false;
        return watched;
      }
    }
    watched.deepest = directory;
    if (!directory->hears_all) {
      say_why(root, part, 0);
      watched.hears_all = false;
    }
  }
  return watched;
}

/// Tells once for each reason that a directory is not watched.
void OpenFileCache::Impl::say_why(const RootDirectory& root, std::string_view path, int error) {
  if (!tell_ || std::find(told_.begin(), told_.end(), error) != told_.end()) return;
  told_.push_back(error);
  std::string text = root.path().string() + std::string(path);
  text += error == 0 ? " is on a file system whose changes the kernel does not hear of all"
                     : " can't be watched for changes (" +
                           std::error_code(error, std::generic_category()).message() + ")";
  if (error == ENOSPC) text += "; fs.inotify.max_user_watches may be raised";
  if (error == EMFILE) text += "; fs.inotify.max_user_instances may be raised";
  tell_(text + ": what is asked for there is looked at anew every 100 ms");
}

/// Makes an entry of what was found, with the caller as its user; null when it is not to be kept.
CachedFile* OpenFileCache::Impl::make_entry(Look& look, std::string_view path) {
  CachedFile* entry = files_->take_place();
  if (entry == nullptr) return nullptr;
  entry->path = path;
  if (look.file && look.identity.size <= bounds_.small) {
    entry->keeps_bytes =
        read_whole(look.file.fd(), entry->bytes, static_cast<std::size_t>(look.identity.size)) &&
        identity_of(look.file.fd()) == look.identity;
    if (!entry->keeps_bytes) {  // it is being changed
      entry->release();
      return nullptr;
    }
  }
  if (look.file) {
    const std::int64_t now = last_tick_in_ns<std::chrono::system_clock>();
    const FileIdentity& identity = look.identity;
    entry->validators.emplace(identity.modified, identity.size, now);
    Headers& lines = entry->fields.lines;
    lines.add("Last-Modified", entry->validators->last_modified);
    lines.add("ETag", entry->validators->tag.text());
    lines.add("Accept-Ranges", "bytes");
    lines.add("Content-Type", media_type_of(path));
    entry->fresh = is_fresh(identity, now, entry->validators->tag);
  }
  return entry;
}

/// Keeps what was found, unless anything on its path changed meanwhile, or there is no room. The
/// entry with the caller as a user, or null; then the look is as it was.
CachedFile* OpenFileCache::Impl::keep(const Loading& loading, Look& look, std::uint64_t hash,
                                      Watched watched, std::int64_t now) {
  CachedFile* entry = make_entry(look, loading.path);
  if (entry == nullptr) return nullptr;
  entry->hash = hash;
  entry->root = loading.root;
  entry->watched =
      watched.hears_all && !look.through_link && (!look.file || look.identity.names == 1);
  entry->looked_at.store(now, std::memory_order_relaxed);
  const bool has_file = static_cast<bool>(look.file);
  std::swap(entry->look, look);
  OpenFile unneeded;
  if (entry->keeps_bytes) unneeded = std::move(entry->look.file);

  std::unique_lock lock(mutex_);
  bool kept = false;
  if (!loading.spoiled && running()) {
    if (CachedFile* other = files_->peek(loading.root, loading.path)) remove(*other);
    kept = make_room(*entry) && files_->insert(*entry);
  }
  if (kept) {
    if (watched.deepest != nullptr) WatchedDirectories::hang(*entry, *watched.deepest);
    return entry;
  }
  lock.unlock();
  std::swap(entry->look, look);
  if (has_file && !look.file) look.file = std::move(unneeded);
  entry->release();
  return nullptr;
}

/// Makes room for an entry, of its own kind: what is not there makes none at the expense of what
/// is.
bool OpenFileCache::Impl::make_room(const CachedFile& entry) {
  const auto removing = [](CachedFile& going) { WatchedDirectories::unhang(going); };
  const auto any = [](const CachedFile&) { return true; };
  const auto missing = [](const CachedFile& other) { return other.is_missing(); };
  const auto open = [](const CachedFile& other) { return static_cast<bool>(other.look.file); };
  const auto evict = [&](const auto& suits) { return files_->evict(suits, removing); };

  const bool is_missing = entry.is_missing();
  if (is_missing) {
    const std::size_t most = std::max<std::size_t>(1, bounds_.entries / 8);
    while (files_->missing() >= most) {
      if (!files_->evict_missing(removing)) return false;
    }
  }
  if (entry.look.file) {
    while (files_->descriptors() >= bounds_.descriptors) {
      if (bounds_.descriptors == 0 || !evict(open)) return false;
    }
  }
  if (entry.cost() > bounds_.memory) return false;
  while (files_->entries() >= bounds_.entries || files_->memory() + entry.cost() > bounds_.memory) {
    if (!(is_missing ? files_->evict_missing(removing) : evict(any))) return false;
  }
  if (!files_->has_room(entry.hash)) {
    if (is_missing) return files_->evict_beside(entry.hash, missing, removing);
    return files_->evict_beside(entry.hash, any, removing);
  }
  return true;
}

}  // namespace catena
