#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>
#include <variant>

#include "catena/config/document.hpp"
#include "catena/config/read_error.hpp"
#include "catena/config/resolve.hpp"
#include "catena/http/unique_fd.hpp"

namespace catena::config {
namespace {

/// Whether reading comes to an end by itself, or somebody sees to it: what a name in the file
/// system leads to, but for a pipe that has one, whose other end may never be opened. The pipe of
/// `/dev/stdin`, or of `<(...)`, has none.
bool may_be_read(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return false;
  if (S_ISREG(status.st_mode) || S_ISCHR(status.st_mode) || S_ISDIR(status.st_mode)) return true;
  struct statfs system {};
  return S_ISFIFO(status.st_mode) && ::fstatfs(file, &system) == 0 && system.f_type == PIPEFS_MAGIC;
}

std::variant<std::string, int> contents(const std::filesystem::path& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return errno;
  if (!may_be_read(file.get())) return no_plain_file;
  ::fcntl(file.get(), F_SETFL, 0);
  std::string text;
  constexpr std::size_t step = std::size_t{64} << 10;
  // One byte too many is enough to refuse a device or a pipe without end.
  while (text.size() <= largest_file) {
    const std::size_t before = text.size();
    text.resize(before + step);
    const ssize_t count = ::read(file.get(), text.data() + before, step);
    const int error = errno;
    text.resize(before + (count > 0 ? static_cast<std::size_t>(count) : 0));
    if (count == 0) break;
    if (count < 0 && error != EINTR) return error;
  }
  return text;
}

std::optional<std::string> variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace

std::string read_error(int error) {
  switch (error) {
    case ENOENT: return "there is no such file; check the path";
    case EACCES: return "permission denied; let the user that runs the server read it";
    case no_plain_file: return "is no plain file; name one with the text in it";
    case EISDIR: return "is a directory; name the file in it";
    default: return "can't be read: " + std::generic_category().message(error);
  }
}

Outside of_this_process() { return {variable, contents}; }

std::optional<Value> read_file(const std::filesystem::path& path, Diagnostics& diagnostics,
                               const Outside& outside) {
  const auto read = outside.file(path);
  if (const int* error = std::get_if<int>(&read)) {
    diagnostics.add({path.string(), {}, {}, read_error(*error)});
    return std::nullopt;
  }
  diagnostics.expect_file(path.string());
  std::optional<Value> document =
      parse(std::get<std::string>(read), path.string(), path.parent_path(), diagnostics);
  if (document) resolve(*document, outside, diagnostics);
  return document;
}

}  // namespace catena::config
