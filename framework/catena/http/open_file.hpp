#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "catena/http/unique_fd.hpp"

namespace catena {

/// What keeps an open file, or the bytes of one, for several users at once.
class FileKeeper {
 public:
  /// One user less. Any thread.
  virtual void release() noexcept = 0;

 protected:
  ~FileKeeper() = default;
};

/// A regular file that is open for reading: by a descriptor of its own, or as one user of a file
/// that is kept for several, which then is a shared descriptor or the file's bytes in memory.
/// Moving it allocates nothing.
class OpenFile {
 public:
  OpenFile() = default;
  /// Owns the descriptor.
  OpenFile(UniqueFd file) noexcept : fd_(file.release()) {}
  /// A use of a shared descriptor, which is counted already. The keeper outlives it.
  OpenFile(FileKeeper& keeper, int fd) noexcept : keeper_(&keeper), fd_(fd) {}
  /// A use of bytes in memory, counted already; `bytes` has an address, also when it is empty.
  OpenFile(FileKeeper& keeper, std::string_view bytes) noexcept : keeper_(&keeper), bytes_(bytes) {}
  OpenFile(OpenFile&& other) noexcept { swap(other); }
  OpenFile& operator=(OpenFile&& other) noexcept {
    OpenFile(std::move(other)).swap(*this);
    return *this;
  }
  ~OpenFile() {
    if (keeper_ != nullptr) {
      keeper_->release();
    } else if (fd_ >= 0) {
      ::close(fd_);
    }
  }

  explicit operator bool() const noexcept { return fd_ >= 0 || in_memory(); }
  /// The descriptor; -1 when there is none, because the bytes are in memory. Where it is shared,
  /// its position in the file is everybody's.
  int fd() const noexcept { return fd_; }
  bool in_memory() const noexcept { return bytes_.data() != nullptr; }
  /// The whole file, when it is in memory.
  std::string_view bytes() const noexcept { return bytes_; }

  /// Reads what begins at the offset, wherever the file is; as pread(2) says.
  ssize_t read(std::span<char> into, std::uint64_t offset) const noexcept {
    if (!in_memory()) return ::pread(fd_, into.data(), into.size(), static_cast<off_t>(offset));
    const auto from = static_cast<std::size_t>(std::min<std::uint64_t>(offset, bytes_.size()));
    const std::size_t size = std::min(into.size(), bytes_.size() - from);
    if (size > 0) std::memcpy(into.data(), bytes_.data() + from, size);
    return static_cast<ssize_t>(size);
  }

 private:
  void swap(OpenFile& other) noexcept {
    std::swap(keeper_, other.keeper_);
    std::swap(fd_, other.fd_);
    std::swap(bytes_, other.bytes_);
  }

  FileKeeper* keeper_ = nullptr;
  int fd_ = -1;
  std::string_view bytes_;
};

}  // namespace catena
