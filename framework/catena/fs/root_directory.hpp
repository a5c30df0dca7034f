#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>

#include "catena/export.hpp"
#include "catena/http/unique_fd.hpp"

namespace catena {

/// An open directory that is known by a path, which may come to mean another one: a link that is
/// flipped. Any thread.
class RootDirectory {
 public:
  /// Throws std::system_error when there is no such directory, or it can't be read. No other root
  /// of the same cache has the number.
  RootDirectory(std::filesystem::path path, std::uint64_t id);

  const std::filesystem::path& path() const noexcept { return path_; }
  int fd() const noexcept { return fd_.get(); }
  std::uint64_t id() const noexcept { return id_; }

  /// Whether it is time to look whether the path still means the open directory: 100 ms after the
  /// last look. Time is monotonic, in nanoseconds.
  bool is_due(std::int64_t now) const noexcept;
  /// Whether the path means another directory by now.
  bool is_flipped() const noexcept;
  /// Opens that one, behind the same descriptor.
  void follow() const noexcept;
  void looked(std::int64_t now) const noexcept { looked_at_.store(now, std::memory_order_relaxed); }

 private:
  std::filesystem::path path_;
  UniqueFd fd_;
  std::uint64_t id_;
  mutable std::atomic<std::int64_t> looked_at_;
};

/// How long it is trusted that something has not changed, when nobody tells of changes: less than
/// 100 ms by a clock that is set every 50 ms. In nanoseconds.
constexpr std::int64_t look_interval = 90'000'000;

}  // namespace catena
