#include "catena/fs/look.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string>
#include <utility>

namespace catena {
namespace {

// The kernel says EAGAIN while a rename anywhere might have let ".." escape; a busy file system can
// make that happen a few times in a row.
constexpr int most_tries = 100;
constexpr std::uint64_t fence = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
// Non-blocking: opening a FIFO must not wait for a writer.
constexpr std::uint64_t for_reading = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

std::int64_t to_ns(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
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

int open_beneath(int root, const char* name, std::uint64_t flags, std::uint64_t resolve) {
  open_how how{};
  how.flags = flags;
  how.resolve = resolve;
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

}  // namespace

FileIdentity identity_of(const struct stat& status) noexcept {
  return {status.st_dev,         status.st_ino,         static_cast<std::uint64_t>(status.st_size),
          to_ns(status.st_mtim), to_ns(status.st_ctim), status.st_nlink};
}

FileIdentity identity_of(int file) noexcept {
  struct stat status {};
  return ::fstat(file, &status) == 0 ? identity_of(status) : FileIdentity{};
}

Look look_beneath(int directory, std::string_view path, bool tell_links) noexcept {
  Look look;
  std::array<char, PATH_MAX> name;
  if (!to_relative(path, name)) {
    look.error = OpenError::not_found;
    return look;
  }
  const std::uint64_t no_links = tell_links ? RESOLVE_NO_SYMLINKS : 0;
  UniqueFd file(open_beneath(directory, name.data(), for_reading, fence | no_links));
  if (!file && errno == ELOOP && tell_links) {
    look.through_link = true;
    file.reset(open_beneath(directory, name.data(), for_reading, fence));
  }
  if (!file) {
    look.error = to_open_error(errno);
    return look;
  }
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) {
    look.error = OpenError::forbidden;
    return look;
  }
  look.identity = identity_of(status);
  if (S_ISDIR(status.st_mode)) {
    look.is_directory = true;
  } else if (S_ISREG(status.st_mode)) {
    look.file = std::move(file);
  } else {
    look.error = OpenError::forbidden;
  }
  return look;
}

std::string_view name_beside(std::string_view path, std::string_view suffix) {
  thread_local std::string name;
  return name.assign(path).append(suffix);
}

UniqueFd open_directory_beneath(int directory, std::string_view path) noexcept {
  std::array<char, PATH_MAX> name;
  if (!to_relative(path, name)) {
    errno = ENAMETOOLONG;
    return {};
  }
  return UniqueFd(open_beneath(directory, name.data(), O_PATH | O_DIRECTORY | O_CLOEXEC,
                               fence | RESOLVE_NO_SYMLINKS));
}

Opened to_opened(Look&& look) noexcept {
  Opened opened;
  opened.error = look.error;
  opened.is_directory = look.is_directory;
  if (look.error != OpenError::none) return opened;
  opened.modified = look.identity.modified;
  if (!look.is_directory) opened.size = look.identity.size;
  opened.file = std::move(look.file);
  return opened;
}

}  // namespace catena
