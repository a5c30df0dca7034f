#include "catena/fs/open_file_cache.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "catena/fs/absent_names.hpp"
#include "catena/fs/cache_clock.hpp"
#include "catena/fs/cached_file.hpp"
#include "catena/fs/look.hpp"
#include "catena/fs/watched_directories.hpp"

namespace catena {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds tick{50};
/// After events, others are let to gather for so long: a file that is written to byte by byte
/// must not keep the thread busy.
constexpr milliseconds pause_after_events{10};
constexpr std::int64_t second = 1'000'000'000;
/// How long it is trusted that the kernel has told of every change.
constexpr std::int64_t watched_interval = 2 * second;

std::int64_t real_now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return std::int64_t{now.tv_sec} * second + now.tv_nsec;
}

/// Whether every change to what stands there shows in the directories on the path as it is written.
bool is_canonical(std::string_view path) {
  if (path.empty() || path.front() != '/') return false;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t begin = at + 1;
    at = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, at - begin);
    if (segment == "." || segment == ".." || (segment.empty() && begin < path.size())) return false;
  }
  return path.find('\0') == std::string_view::npos && path.size() < 4096;
}

bool is_beneath(std::string_view path, std::string_view directory) {
  return path.starts_with(directory);
}

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

Opened use_of(CachedFile& entry) {
  Opened opened;
  opened.error = entry.look.error;
  opened.is_directory = entry.look.is_directory;
  opened.modified = entry.look.identity.modified;
  if (!entry.validators) {
    entry.release();
    return opened;
  }
  opened.size = entry.look.identity.size;
  opened.validators = &*entry.validators;
  opened.fields = &entry.fields;
  opened.kept = &entry;
  opened.file =
      entry.keeps_bytes ? OpenFile(entry, entry.bytes) : OpenFile(entry, entry.look.file.fd());
  return opened;
}

}  // namespace

class OpenFileCache::Impl {
 public:
  ~Impl() { stop(); }

  void start(const Bounds& bounds, Tell tell);
  void stop() noexcept;
  bool running() const noexcept { return running_.load(std::memory_order_acquire); }
  Opened open(const RootDirectory& root, std::string_view path);
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

  void look_at_root(const RootDirectory& root, std::int64_t now);
  CachedFile* find(const RootDirectory& root, std::string_view path, std::uint64_t hash,
                   std::int64_t now);
  bool is_true_still(CachedFile& entry, const RootDirectory& root, std::int64_t now);
  Look look(const RootDirectory& root, std::string_view path);
  Opened load(const RootDirectory& root, std::string_view path, std::uint64_t hash,
              std::int64_t now, const Beside* beside = nullptr);
  CachedFile* make_entry(Look& look, std::string_view path);
  CachedFile* keep(const Loading& loading, Look& look, std::uint64_t hash, Watched watched,
                   std::int64_t now);
  bool make_room(const CachedFile& entry);
  Watched watch(const RootDirectory& root, std::string_view path, Loading& loading,
                std::unique_lock<std::mutex>& lock);
  void say_why(const RootDirectory& root, std::string_view path, int error);
  void shed_descriptors();

  void remove(CachedFile& entry) {
    WatchedDirectories::unhang(entry);
    files_->remove(entry);
  }
  void remove_if_there(CachedFile& entry);
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

void OpenFileCache::Impl::start(const Bounds& bounds, Tell tell) {
  bounds_ = bounds;
  tell_ = std::move(tell);
  wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) throw std::system_error(errno, std::generic_category(), "eventfd");
  files_ = std::make_unique<CachedFiles>(bounds_.entries);
  directories_ = std::make_unique<WatchedDirectories>(bounds_.watches,
                                                      [this](CachedFile& entry) { remove(entry); });
  thread_ = std::thread([this] { follow_changes(); });
  running_.store(true, std::memory_order_release);
}

void OpenFileCache::Impl::stop() noexcept {
  running_ = false;
  if (!thread_.joinable()) return;
  stopping_ = true;
  wake();
  thread_.join();
  const std::lock_guard lock(mutex_);
  forget_all();
}

Opened OpenFileCache::Impl::open(const RootDirectory& root, std::string_view path) {
  const std::int64_t now = clock_.now([this] { wake(); });
  if (root.is_due(now)) look_at_root(root, now);
  const std::uint64_t hash = CachedFiles::hash_of(root.id(), path);
  if (CachedFile* entry = find(root, path, hash, now)) return use_of(*entry);
  if (!is_canonical(path)) return to_opened(look(root, path));
  return load(root, path, hash, now);
}

Opened OpenFileCache::Impl::open_beside(const RootDirectory& root, const Opened& file,
                                        std::string_view path, std::string_view suffix) {
  thread_local std::string name;
  const auto number =
      file.file && file.kept != nullptr ? suffixes_.number_of(suffix) : std::optional<unsigned>();
  if (!number) return open(root, name.assign(path).append(suffix));
  const Beside beside{*file.kept, *number, file.kept->absent.known()};
  if (beside.before.has(*number)) {
    Opened nothing;
    nothing.error = OpenError::not_found;
    return nothing;
  }
  name.assign(path).append(suffix);
  const std::int64_t now = clock_.now([this] { wake(); });
  const std::uint64_t hash = CachedFiles::hash_of(root.id(), name);
  if (CachedFile* entry = find(root, name, hash, now)) {
    // What the table knows to be missing was looked at before the file was, so that its age would
    // come to that of the file.
    if (!beside.remembers(entry->look)) return use_of(*entry);
    entry->release();
  }
  if (!is_canonical(name)) return to_opened(look(root, name));
  return load(root, name, hash, now, &beside);
}

/// The entry, with the caller as a user, when there is one that is true; null otherwise.
CachedFile* OpenFileCache::Impl::find(const RootDirectory& root, std::string_view path,
                                      std::uint64_t hash, std::int64_t now) {
  CachedFile* entry = files_->find(hash, root.id(), path);
  if (entry == nullptr || is_true_still(*entry, root, now)) return entry;
  remove_if_there(*entry);
  entry->release();
  return nullptr;
}

/// Follows the root's path when it has come to mean another directory. Everybody who comes by
/// looks, so that nobody goes on with what another is only about to find out.
void OpenFileCache::Impl::look_at_root(const RootDirectory& root, std::int64_t now) {
  if (root.is_flipped()) {
    const std::lock_guard lock(mutex_);
    root.follow();
    forget_root(root.id());
  }
  root.looked(now);
}

/// Whether the entry can be given away: it is known to be true, or was so a moment ago, or is found
/// to be.
bool OpenFileCache::Impl::is_true_still(CachedFile& entry, const RootDirectory& root,
                                        std::int64_t now) {
  const std::int64_t age = now - entry.looked_at.load(std::memory_order_acquire);
  if (age >= (entry.watched && !entry.fresh ? watched_interval : look_interval)) {
    if (entry.fresh || !entry.look.same(look(root, entry.path))) return false;
    entry.absent.forget();
    entry.looked_at.store(now, std::memory_order_release);
    return true;
  }
  // What is sent from a descriptor is what is there now, so the size and time must be as well.
  return !entry.look.file || entry.look.identity == identity_of(entry.look.file.fd());
}

/// Looks at a path; when descriptors have run out, those of the cache are given back first.
Look OpenFileCache::Impl::look(const RootDirectory& root, std::string_view path) {
  looks_.fetch_add(1, std::memory_order_relaxed);
  Look found = look_beneath(root.fd(), path, true);
  if (found.error != OpenError::busy || files_->descriptors() == 0) return found;
  shed_descriptors();
  return look_beneath(root.fd(), path, true);
}

void OpenFileCache::Impl::shed_descriptors() {
  const std::lock_guard lock(mutex_);
  std::vector<CachedFile*> open;
  files_->for_each([&open](CachedFile& entry) {
    if (entry.look.file) open.push_back(&entry);
  });
  for (CachedFile* entry : open) remove(*entry);
}

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
    const std::int64_t now = real_now();
    const FileIdentity& identity = look.identity;
    entry->validators.emplace(identity.modified, identity.size, now);
    entry->fields.add("Last-Modified", entry->validators->last_modified);
    entry->fields.add("ETag", entry->validators->tag.text());
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

void OpenFileCache::Impl::remove_if_there(CachedFile& entry) {
  const std::lock_guard lock(mutex_);
  if (entry.valid.load(std::memory_order_relaxed)) remove(entry);
}

/// What is being looked at there may have been looked at too early.
void OpenFileCache::Impl::spoil(std::uint64_t root, std::string_view beneath) {
  for (Loading* loading : loading_) {
    if (loading->root == root && is_beneath(loading->path, beneath)) loading->spoiled = true;
  }
}

void OpenFileCache::Impl::forget_all() {
  for (Loading* loading : loading_) loading->spoiled = true;
  directories_->clear();
  files_->for_each([this](CachedFile& entry) { remove(entry); });
}

void OpenFileCache::Impl::forget_root(std::uint64_t root) {
  forget_beneath(root, "/");
  files_->for_each([this, root](CachedFile& entry) {
    if (entry.root == root) remove(entry);
  });
}

void OpenFileCache::Impl::forget_beneath(std::uint64_t root, std::string_view directory) {
  spoil(root, directory);
  directories_->drop(root, directory);
}

/// Forgets what stands at a name in a directory, and beneath it where that may have changed too.
void OpenFileCache::Impl::forget_name(std::uint64_t root, const std::string& directory,
                                      const Inotify::Event& event) {
  std::string path = directory + std::string(event.name);
  for (Loading* loading : loading_) {
    if (loading->root == root && loading->path == path) loading->spoiled = true;
  }
  if (CachedFile* entry = files_->peek(root, path)) remove(*entry);
  suffixes_.for_each([&](std::string_view suffix) {
    if (!event.name.ends_with(suffix)) return;
    const std::string_view file = std::string_view(path).substr(0, path.size() - suffix.size());
    if (CachedFile* entry = files_->peek(root, file)) entry->absent.forget();
  });
  path += '/';
  if (CachedFile* entry = files_->peek(root, path)) remove(*entry);
  spoil(root, path);
  if (!event.structural) return;
  if (WatchedDirectory* watched = directories_->find(root, directory)) {
    directories_->remove_deep(*watched, path);
  }
  directories_->drop(root, path);
}

void OpenFileCache::Impl::heed(const Inotify::Event& event) {
  if (event.lost) return forget_all();
  directories_->for_each_of(event.watch, [&](std::uint64_t root, const std::string& directory) {
    if (event.itself) {
      forget_beneath(root, directory);
    } else {
      forget_name(root, directory, event);
    }
  });
}

void OpenFileCache::Impl::heed_events() {
  const std::lock_guard lock(mutex_);
  directories_->inotify().read([this](const Inotify::Event& event) { heed(event); });
}

/// The thread: heeds what the kernel tells, and keeps the clock.
void OpenFileCache::Impl::follow_changes() {
  using Clock = std::chrono::steady_clock;
  std::array<pollfd, 2> watched{pollfd{wake_.get(), POLLIN, 0},
                                pollfd{directories_->inotify().fd(), POLLIN, 0}};
  Clock::time_point next_tick = Clock::now();
  bool pausing = false;
  while (!stopping_) {
    int timeout = -1;
    if (pausing) {
      timeout = static_cast<int>(pause_after_events.count());
    } else if (!clock_.at_rest()) {
      const auto left = std::chrono::ceil<milliseconds>(next_tick - Clock::now()).count();
      timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, tick.count()));
    }
    watched[1].events = pausing ? 0 : POLLIN;
    watched[0].revents = watched[1].revents = 0;
    ::poll(watched.data(), watched.size(), timeout);
    pausing = false;
    if (watched[0].revents != 0) {
      eventfd_t count = 0;
      ::eventfd_read(wake_.get(), &count);
    }
    if ((watched[1].revents & POLLIN) != 0) {
      heed_events();
      pausing = true;
    }
    if (!clock_.at_rest() && Clock::now() >= next_tick) {
      clock_.tick();
      next_tick = Clock::now() + tick;
    }
  }
}

OpenFileCache::Counts OpenFileCache::Impl::counts() const {
  const std::lock_guard lock(mutex_);
  if (!files_) return {};
  return {files_->entries(),     files_->missing(),    files_->memory(),
          files_->descriptors(), directories_->size(), looks_.load(std::memory_order_relaxed)};
}

OpenFileCache::OpenFileCache() : impl_(std::make_unique<Impl>()) {}
OpenFileCache::~OpenFileCache() = default;
void OpenFileCache::start(const Bounds& bounds, Tell tell) {
  impl_->start(bounds, std::move(tell));
}
void OpenFileCache::stop() noexcept { impl_->stop(); }
bool OpenFileCache::running() const noexcept { return impl_->running(); }
Opened OpenFileCache::open(const RootDirectory& root, std::string_view path) {
  return impl_->open(root, path);
}
Opened OpenFileCache::open_beside(const RootDirectory& root, const Opened& file,
                                  std::string_view path, std::string_view suffix) {
  return impl_->open_beside(root, file, path, suffix);
}
std::uint64_t OpenFileCache::next_root() noexcept { return impl_->next_root(); }
OpenFileCache::Counts OpenFileCache::counts() const { return impl_->counts(); }

}  // namespace catena
