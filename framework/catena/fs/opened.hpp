#pragma once

#include <cstdint>

#include "catena/http/date.hpp"
#include "catena/http/etag.hpp"
#include "catena/http/open_file.hpp"

namespace catena {

/// Why there is nothing to serve at a path.
enum class OpenError : std::uint8_t {
  none,
  not_found,  ///< nothing of that name
  forbidden,  ///< outside the root, unreadable, or neither a regular file nor a directory
  busy,       ///< no descriptors or memory left, or a race that did not end: 503
};

/// The validators of a file, made once for many responses. They hold for as long as the file is
/// kept: what was fresh is soon read anew, so a weak tag becomes strong in time, and no sooner.
struct ReadyValidators {
  FileTag tag;
  HttpDate last_modified;
  std::time_t modified;  ///< seconds since the epoch, never in the future
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
};

}  // namespace catena
