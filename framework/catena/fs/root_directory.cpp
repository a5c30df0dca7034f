#include "catena/fs/root_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "catena/http/last_tick.hpp"

namespace catena {
namespace {

int open_directory(const std::filesystem::path& directory) {
  return ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

}  // namespace

RootDirectory::RootDirectory(std::filesystem::path path, std::uint64_t id)
    : path_(std::move(path)),
      fd_(open_directory(path_)),
      id_(id),
      looked_at_(last_tick_in_ns<std::chrono::steady_clock>()) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), path_.string());
}

bool RootDirectory::is_due(std::int64_t now) const noexcept {
  return now - looked_at_.load(std::memory_order_relaxed) >= look_interval;
}

bool RootDirectory::is_flipped() const noexcept {
  struct stat ours {};
  struct stat named {};
  if (::fstat(fd_.get(), &ours) != 0 || ::stat(path_.c_str(), &named) != 0) return false;
  return ours.st_dev != named.st_dev || ours.st_ino != named.st_ino;
}

void RootDirectory::follow() const noexcept {
  const UniqueFd flipped(open_directory(path_));
  // dup3 puts the new directory behind the same descriptor in one step: an open beside this one
  // sees the old or the new, and nobody needs a lock.
  if (flipped) ::dup3(flipped.get(), fd_.get(), O_CLOEXEC);
}

}  // namespace catena
