// Lets go of what has changed, as the kernel tells it; and the thread that listens, which sets the
// clock as well.

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "catena/fs/open_file_cache_impl.hpp"

namespace catena {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds tick{50};
/// After events, others are let to gather for so long: a file that is written to byte by byte
/// must not keep the thread busy.
constexpr milliseconds pause_after_events{10};

bool is_beneath(std::string_view path, std::string_view directory) {
  return path.starts_with(directory);
}

}  // namespace

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

}  // namespace catena
