#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "catena/export.hpp"
#include "catena/http/open_file.hpp"
#include "catena/http/unique_fd.hpp"

namespace catena {

/// Why there is nothing to serve at a path.
enum class OpenError : std::uint8_t {
  none,
  not_found,  ///< nothing of that name
  forbidden,  ///< outside the root, unreadable, or neither a regular file nor a directory
  busy,       ///< no descriptors or memory left, or a race that did not end: 503
};

/// What was found at a path. Type, size and time come from the open descriptor, so they never
/// belong to another moment than the bytes.
struct Opened {
  OpenError error = OpenError::none;
  bool is_directory = false;
  OpenFile file;              ///< open for reading when it is a regular file
  std::uint64_t size = 0;     ///< bytes
  std::int64_t modified = 0;  ///< nanoseconds since the epoch
};

/// The one door to files: everything served is opened beneath one directory, and the kernel holds
/// the fence (openat2 with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS). Symbolic links are followed
/// as long as they are relative and stay inside; absolute ones are refused even when they point
/// inside. May be used from many threads at once.
class CATENA_API DocumentRoot {
 public:
  /// Opens the directory; throws std::system_error when it is none or can't be read.
  explicit DocumentRoot(std::filesystem::path directory);
  DocumentRoot(const DocumentRoot&) = delete;
  DocumentRoot& operator=(const DocumentRoot&) = delete;

  const std::filesystem::path& directory() const noexcept { return directory_; }

  /// Opens what stands at the path, which begins with '/' and is taken from the root; no wait,
  /// whatever stands there. When the directory's own name has come to mean another directory (a
  /// link that was flipped), the new one is used 100 ms later at the latest.
  Opened open(std::string_view path) const;

 private:
  void follow_flip() const noexcept;

  std::filesystem::path directory_;
  UniqueFd fd_;
  mutable std::atomic<std::int64_t> looked_at_;
};

}  // namespace catena
