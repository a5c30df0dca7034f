#include "catena/plugin/module_image.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace catena {
namespace {

std::string reading_failed(int error) {
  switch (error) {
    case ENOENT: return "there is no such file; build it, or check the path";
    case EACCES: return "permission denied; let the user that runs the server read it";
    default: return "it can't be read: " + std::generic_category().message(error);
  }
}

std::string copying_failed(int error) {
  return "it can't be copied into memory, where it is loaded from: " +
         std::generic_category().message(error);
}

/// A file in memory that code may be run from, under the name of the file that it is a copy of.
UniqueFd create_in_memory(const std::filesystem::path& path) {
  const std::string name = path.filename().string().substr(0, 200);
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  constexpr unsigned executable = 0x10;  // MFD_EXEC, which kernels since 6.3 want to be told
  const int fd = ::memfd_create(name.c_str(), flags | executable);
  return UniqueFd(fd >= 0 || errno != EINVAL ? fd : ::memfd_create(name.c_str(), flags));
}

/// Copies up to the end; 0, or errno.
int copy(int from, int to) {
  constexpr std::size_t at_once = std::size_t{1} << 30;
  for (;;) {
    const ssize_t count = ::sendfile(to, from, nullptr, at_once);
    if (count == 0) return 0;
    if (count < 0 && errno != EINTR) return errno;
  }
}

}  // namespace

std::variant<ModuleImage, std::string> ModuleImage::read(const std::filesystem::path& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return reading_failed(errno);
  if (S_ISDIR(status.st_mode)) return "it is a directory; name the file in it";
  if (!S_ISREG(status.st_mode)) return "it is no file; name what the build made, lib<name>.so";

  UniqueFd image = create_in_memory(path);
  if (!image) return copying_failed(errno);
  if (const int error = copy(file.get(), image.get())) return copying_failed(error);
  if (::fcntl(image.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) != 0 ||
      ::fstat(image.get(), &status) != 0) {
    return copying_failed(errno);
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return ModuleImage(std::move(image), nullptr, 0);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, image.get(), 0);
  if (data == MAP_FAILED) return copying_failed(errno);
  return ModuleImage(std::move(image), static_cast<const char*>(data), size);
}

ModuleImage::ModuleImage(ModuleImage&& other) noexcept
    : fd_(std::move(other.fd_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

ModuleImage::~ModuleImage() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

std::string ModuleImage::path() const {
  // By the number of the process, not by "self": debuggers and profilers can follow it.
  std::error_code error;
  const std::filesystem::path process = std::filesystem::read_symlink("/proc/self", error);
  return "/proc/" + (error ? std::string("self") : process.string()) + "/fd/" +
         std::to_string(fd_.get());
}

}  // namespace catena
