#include "catena/fs/open_file_cache.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "catena/fs/fetch_ahead.hpp"
#include "catena/fs/open_file_cache_impl.hpp"

namespace catena {
namespace {

/// How long it is trusted that the kernel has told of every change.
constexpr std::int64_t watched_interval = 2'000'000'000;

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

}  // namespace

/// What is given away of an entry, whose use goes with it.
Opened OpenFileCache::Impl::use_of(CachedFile& entry) {
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
  fetch_ahead(entry.bytes);
  fetch_ahead(entry.fields.lines.text());
  opened.file =
      entry.keeps_bytes ? OpenFile(entry, entry.bytes) : OpenFile(entry, entry.look.file.fd());
  return opened;
}

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

bool OpenFileCache::Impl::has_none_beside(
    const Opened& file, std::span<const std::string_view> suffixes) const noexcept {
  if (!file.file || file.kept == nullptr) return false;
  const AbsentNames::Known absent = file.kept->absent.known();
  return std::all_of(suffixes.begin(), suffixes.end(), [&](std::string_view suffix) {
    const auto number = suffixes_.find(suffix);
    return number && absent.has(*number);
  });
}

Opened OpenFileCache::Impl::open_beside(const RootDirectory& root, const Opened& file,
                                        std::string_view path, std::string_view suffix) {
  const auto number =
      file.file && file.kept != nullptr ? suffixes_.number_of(suffix) : std::optional<unsigned>();
  if (!number) return open(root, name_beside(path, suffix));
  const Beside beside{*file.kept, *number, file.kept->absent.known()};
  if (beside.before.has(*number)) {
    Opened nothing;
    nothing.error = OpenError::not_found;
    return nothing;
  }
  const std::string_view name = name_beside(path, suffix);
  const std::int64_t now = clock_.now([this] { wake(); });
  const std::uint64_t hash = CachedFiles::hash_of(root.id(), name);
  if (CachedFile* entry = find(root, name, hash, now)) {
    // What the table knows to be missing was looked at a while ago. Were it learnt from there, that
    // while would come on top of the one for which the file trusts what it knows.
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

void OpenFileCache::Impl::remove_if_there(CachedFile& entry) {
  const std::lock_guard lock(mutex_);
  if (entry.valid.load(std::memory_order_relaxed)) remove(entry);
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
    // A name that comes into a directory is told of; where nobody tells, it may have come.
    if (!entry.watched) entry.absent.forget();
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
bool OpenFileCache::has_none_beside(const Opened& file,
                                    std::span<const std::string_view> suffixes) const noexcept {
  return impl_->has_none_beside(file, suffixes);
}
std::uint64_t OpenFileCache::next_root() noexcept { return impl_->next_root(); }
OpenFileCache::Counts OpenFileCache::counts() const { return impl_->counts(); }

}  // namespace catena
