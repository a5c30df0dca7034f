#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "catena/http/unique_fd.hpp"

namespace catena {

/// What the kernel tells of changes in directories (inotify).
class Inotify {
 public:
  struct Event {
    int watch = -1;
    bool lost = false;        ///< events were lost: anything may have changed
    bool itself = false;      ///< the directory itself has changed, moved or gone
    bool structural = false;  ///< a name came, went or moved, or what it names is a directory
    std::string_view name;    ///< within the directory; empty with the two above
  };

  /// When the system gives none, `fd` is -1 and errno says why.
  Inotify() noexcept;

  int fd() const noexcept { return fd_.get(); }
  /// Watches an open directory, which may be open by O_PATH. The number of the watch, which is the
  /// same for the same directory; -1 with errno when it can't be had.
  int watch(int directory) noexcept;
  void unwatch(int watch) noexcept;
  /// Tells what has happened, in order, without waiting, and at most some thousand events at once.
  void read(const std::function<void(const Event&)>& tell);

 private:
  UniqueFd fd_;
};

/// Whether the kernel hears of all that changes on the file system of an open file: not where
/// others write to it, as over a network, or where content is made as it is read.
bool hears_of_changes(int file) noexcept;

}  // namespace catena
