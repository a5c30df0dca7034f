#include "catena/fs/watched_directories.hpp"

#include <cerrno>
#include <iterator>
#include <utility>
#include <vector>

namespace catena {

WatchedDirectory* WatchedDirectories::find(std::uint64_t root, std::string_view path) noexcept {
  const auto tree = trees_.find(root);
  if (tree == trees_.end()) return nullptr;
  const auto found = tree->second.find(path);
  return found == tree->second.end() ? nullptr : &found->second;
}

WatchedDirectory* WatchedDirectories::add(
    std::uint64_t root, std::string_view path, int directory,
    const std::function<void(std::uint64_t, std::string_view)>& dropped) {
  if (inotify_.fd() < 0) {
    errno = EMFILE;
    return nullptr;
  }
  if (size() >= most_) drop_idle(root, path, dropped);
  if (size() >= most_) {
    errno = ENOSPC;
    return nullptr;
  }
  int watch = inotify_.watch(directory);
  if (watch < 0 && errno == ENOSPC) {
    drop_idle(root, path, dropped);
    watch = inotify_.watch(directory);
  }
  if (watch < 0) return nullptr;
  WatchedDirectory& added = trees_[root][std::string(path)];
  added.root = root;
  added.path = path;
  added.watch = watch;
  added.hears_all = hears_of_changes(directory);
  by_watch_.emplace(watch, &added);
  return &added;
}

void WatchedDirectories::hang(CachedFile& entry, WatchedDirectory& directory) noexcept {
  const std::string_view rest = std::string_view(entry.path).substr(directory.path.size());
  const std::size_t slash = rest.find('/');
  entry.deep = slash != std::string_view::npos && slash + 1 < rest.size();
  entry.directory = &directory;
  CachedFile*& list = entry.deep ? directory.deep : directory.names;
  entry.previous = nullptr;
  entry.next = list;
  if (list != nullptr) list->previous = &entry;
  list = &entry;
}

void WatchedDirectories::unhang(CachedFile& entry) noexcept {
  if (entry.directory == nullptr) return;
  CachedFile*& list = entry.deep ? entry.directory->deep : entry.directory->names;
  (entry.previous != nullptr ? entry.previous->next : list) = entry.next;
  if (entry.next != nullptr) entry.next->previous = entry.previous;
  entry.directory = nullptr;
  entry.previous = entry.next = nullptr;
}

void WatchedDirectories::for_each_of(
    int watch, const std::function<void(std::uint64_t, const std::string&)>& visit) {
  std::vector<std::pair<std::uint64_t, std::string>> found;
  const auto [begin, end] = by_watch_.equal_range(watch);
  for (auto at = begin; at != end; ++at) found.emplace_back(at->second->root, at->second->path);
  for (const auto& [root, path] : found) visit(root, path);
}

void WatchedDirectories::remove_all(CachedFile*& list) {
  while (list != nullptr) remove_(*list);
}

WatchedDirectories::Tree::iterator WatchedDirectories::drop(Tree& tree, Tree::iterator at) {
  WatchedDirectory& directory = at->second;
  remove_all(directory.names);
  remove_all(directory.deep);
  const auto [begin, end] = by_watch_.equal_range(directory.watch);
  const bool only = std::distance(begin, end) == 1;
  for (auto entry = begin; entry != end; ++entry) {
    if (entry->second == &directory) {
      by_watch_.erase(entry);
      break;
    }
  }
  if (only) inotify_.unwatch(directory.watch);
  return tree.erase(at);
}

void WatchedDirectories::drop(std::uint64_t root, std::string_view path) {
  const auto found = trees_.find(root);
  if (found == trees_.end()) return;
  Tree& tree = found->second;
  for (auto at = tree.lower_bound(path); at != tree.end() && at->first.starts_with(path);) {
    at = drop(tree, at);
  }
}

void WatchedDirectories::remove_deep(WatchedDirectory& directory, std::string_view path) {
  for (CachedFile* entry = directory.deep; entry != nullptr;) {
    CachedFile* const next = entry->next;
    if (entry->path.starts_with(path)) remove_(*entry);
    entry = next;
  }
}

/// Drops the directories on which nothing hangs, nor on any beneath them, but for those on the way
/// to a path.
void WatchedDirectories::drop_idle(
    std::uint64_t root, std::string_view way,
    const std::function<void(std::uint64_t, std::string_view)>& dropped) {
  for (auto& [id, tree] : trees_) {
    std::string below;  // the directory after this one in the order, which stays
    for (auto at = tree.end(); at != tree.begin();) {
      --at;
      const WatchedDirectory& directory = at->second;
      const bool idle = directory.names == nullptr && directory.deep == nullptr &&
                        !below.starts_with(directory.path) &&
                        !(id == root && way.starts_with(directory.path));
      if (idle) {
        const std::string path = directory.path;
        at = drop(tree, at);
        dropped(id, path);
      } else {
        below = directory.path;
      }
    }
  }
}

void WatchedDirectories::clear() {
  for (auto& [root, tree] : trees_) {
    for (auto at = tree.begin(); at != tree.end();) at = drop(tree, at);
  }
  trees_.clear();
}

}  // namespace catena
