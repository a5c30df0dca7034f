#include "catena/runtime/line_output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace catena {
namespace {

LineOutput::Kind kind_of(int fd) noexcept {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || S_ISREG(status.st_mode)) return LineOutput::Kind::file;
  return S_ISSOCK(status.st_mode) ? LineOutput::Kind::socket : LineOutput::Kind::stream;
}

}  // namespace

LineOutput open_line_standard_output() noexcept {
  UniqueFd fd;
  if (kind_of(STDOUT_FILENO) == LineOutput::Kind::stream) {
    fd.reset(::open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  }
  if (!fd) fd.reset(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  const LineOutput::Kind kind = kind_of(fd.get());
  return {std::move(fd), kind};
}

LineOutput open_line_file(const std::string& path) noexcept {
  struct stat status {};
  const bool fifo = ::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
  const int how = fifo ? O_RDWR : O_WRONLY | O_APPEND | O_CREAT;
  UniqueFd fd(::open(path.c_str(), how | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0640));
  if (!fd) return {};
  const LineOutput::Kind kind = kind_of(fd.get());
  return {std::move(fd), kind};
}

}  // namespace catena
