#include "catena/fs/document_root.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <system_error>
#include <utility>

namespace catena {
namespace {

// The kernel says EAGAIN while a rename anywhere might have let ".." escape; a busy file system can
// make that happen a few times in a row.
constexpr int most_tries = 100;
constexpr std::int64_t flip_interval = 100'000'000;  // ns

std::int64_t to_ns(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::int64_t coarse_now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return to_ns(now);
}

int open_directory(const std::filesystem::path& directory) {
  return ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/// The path as openat2 takes it: relative, and terminated. False when it is too long for any file.
bool to_relative(std::string_view path, std::array<char, PATH_MAX>& name) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  if (path.empty()) path = ".";
  if (path.size() >= name.size() || path.find('\0') != std::string_view::npos) return false;
  std::memcpy(name.data(), path.data(), path.size());
  name[path.size()] = '\0';
  return true;
}

int open_beneath(int root, const char* name) {
  open_how how{};
  // Non-blocking: opening a FIFO must not wait for a writer.
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int tries = 1;; ++tries) {
    const long fd = ::syscall(SYS_openat2, root, name, &how, sizeof how);
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR) || tries == most_tries) {
      return static_cast<int>(fd);
    }
  }
}

OpenError to_open_error(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG: return OpenError::not_found;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
    case EINTR: return OpenError::busy;
    default: return OpenError::forbidden;  // EXDEV, ELOOP, EACCES, EPERM, ENXIO and the like
  }
}

Opened failure(OpenError error) {
  Opened opened;
  opened.error = error;
  return opened;
}

}  // namespace

DocumentRoot::DocumentRoot(std::filesystem::path directory)
    : directory_(std::move(directory)), fd_(open_directory(directory_)), looked_at_(coarse_now()) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), directory_.string());
}

Opened DocumentRoot::open(std::string_view path) const {
  follow_flip();
  std::array<char, PATH_MAX> name;
  if (!to_relative(path, name)) return failure(OpenError::not_found);
  UniqueFd file(open_beneath(fd_.get(), name.data()));
  if (!file) return failure(to_open_error(errno));

  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return failure(OpenError::forbidden);
  Opened opened;
  opened.modified = to_ns(status.st_mtim);
  if (S_ISDIR(status.st_mode)) {
    opened.is_directory = true;
  } else if (S_ISREG(status.st_mode)) {
    opened.size = static_cast<std::uint64_t>(status.st_size);
    opened.file = std::move(file);
  } else {
    return failure(OpenError::forbidden);
  }
  return opened;
}

void DocumentRoot::follow_flip() const noexcept {
  const std::int64_t now = coarse_now();
  std::int64_t looked_at = looked_at_.load(std::memory_order_relaxed);
  if (now - looked_at < flip_interval) return;
  if (!looked_at_.compare_exchange_strong(looked_at, now)) return;  // another thread looks

  struct stat ours {};
  struct stat named {};
  if (::fstat(fd_.get(), &ours) != 0 || ::stat(directory_.c_str(), &named) != 0) return;
  if (ours.st_dev == named.st_dev && ours.st_ino == named.st_ino) return;
  const UniqueFd flipped(open_directory(directory_));
  // dup3 puts the new directory behind the same descriptor in one step: an open beside this one
  // sees the old or the new, and nobody needs a lock.
  if (flipped) ::dup3(flipped.get(), fd_.get(), O_CLOEXEC);
}

}  // namespace catena
