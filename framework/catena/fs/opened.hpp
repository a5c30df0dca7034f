#pragma once

#include <algorithm>
#include <cstdint>
#include <ctime>

#include "catena/http/date.hpp"
#include "catena/http/etag.hpp"
#include "catena/http/headers.hpp"
#include "catena/http/open_file.hpp"

namespace catena {

class CachedFile;

/// Why there is nothing to serve at a path.
enum class OpenError : std::uint8_t {
  none,
  not_found,  ///< nothing of that name
  forbidden,  ///< outside the root, unreadable, or neither a regular file nor a directory
  busy,       ///< no descriptors or memory left, or a race that did not end: 503
};

/// The validators of a file as they are sent. Where they are made once for many responses, what was
/// fresh is soon read anew, so that a weak tag becomes strong in time, and no sooner.
struct ReadyValidators {
  /// Times in nanoseconds since the epoch, size in bytes.
  ReadyValidators(std::int64_t modified, std::uint64_t size, std::int64_t now) noexcept
      : tag(modified, size, now),
        last_modified(static_cast<std::time_t>(std::min(modified, now) / 1'000'000'000)),
        seconds(static_cast<std::time_t>(std::min(modified, now) / 1'000'000'000)) {}

  FileTag tag;
  HttpDate last_modified;
  /// A Last-Modified in the future would be a lie by the time it is read (RFC 9110
  /// section 8.8.2.1).
  std::time_t seconds;  ///< the time of last_modified: since the epoch, never in the future
};

/// Field lines of a response with a file, made once for many.
struct ReadyFields {
  /// Last-Modified and ETag, and then Accept-Ranges, and Content-Type as the file's name tells.
  Headers lines;
  static constexpr std::size_t validators = 2;  ///< the first ones, which 304 has, too
};

/// What was found at a path. Type, size and time come from the open descriptor, so they never
/// belong to another moment than the bytes.
struct Opened {
  OpenError error = OpenError::none;
  bool is_directory = false;
  OpenFile file;              ///< open for reading when it is a regular file
  std::uint64_t size = 0;     ///< bytes
  std::int64_t modified = 0;  ///< nanoseconds since the epoch; of a directory, up to 2 s old
  /// Holds as long as `file` is held; null when nobody made them.
  const ReadyValidators* validators = nullptr;
  /// Likewise.
  const ReadyFields* fields = nullptr;
  /// What is kept of it, for `DocumentRoot::open_beside`; holds as long as `file` is held.
  CachedFile* kept = nullptr;
};

}  // namespace catena
