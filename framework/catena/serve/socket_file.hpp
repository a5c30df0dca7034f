#pragma once

#include <unistd.h>

#include <string>
#include <utility>

namespace catena {

/// The file of a local socket, removed at the end.
class SocketFile {
 public:
  SocketFile() = default;
  explicit SocketFile(std::string path) : path_(std::move(path)) {}
  SocketFile(SocketFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  SocketFile& operator=(SocketFile&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~SocketFile() { remove(); }

  const std::string& path() const noexcept { return path_; }
  void remove() noexcept {
    if (!path_.empty()) ::unlink(path_.c_str());
    path_.clear();
  }

 private:
  std::string path_;
};

/// Removes the file of a socket that nobody listens behind: what a killed server left. Anything
/// else stays.
void remove_stale_socket(const std::string& path) noexcept;

}  // namespace catena
