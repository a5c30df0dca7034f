#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <variant>

#include "catena/config/document.hpp"
#include "catena/http/unique_fd.hpp"

namespace catena::config {
namespace {

std::string reading_failed(int error) {
  switch (error) {
    case ENOENT: return "there is no such file; check the path";
    case EACCES: return "permission denied; let the user that runs the server read it";
    case EISDIR: return "is a directory; name the file in it";
    default: return "can't be read: " + std::generic_category().message(error);
  }
}

/// The contents, or errno.
std::variant<std::string, int> contents(const std::filesystem::path& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return errno;
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

}  // namespace

std::optional<Value> read_file(const std::filesystem::path& path, Diagnostics& diagnostics) {
  const auto read = contents(path);
  if (const int* error = std::get_if<int>(&read)) {
    diagnostics.add({path.string(), {}, {}, reading_failed(*error)});
    return std::nullopt;
  }
  return parse(std::get<std::string>(read), path.string(), path.parent_path(), diagnostics);
}

}  // namespace catena::config
