#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "catena/fs/opened.hpp"
#include "catena/http/open_file.hpp"
#include "catena/http/unique_fd.hpp"

struct stat;

namespace catena {

/// What tells one state of a file from another without reading it. Times are in nanoseconds since
/// the epoch.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t modified = 0;
  std::int64_t changed = 0;  ///< its status: owner, mode, names, and whatever sets `modified` back
  nlink_t names = 0;

  bool operator==(const FileIdentity&) const = default;
};

FileIdentity identity_of(const struct stat& status) noexcept;
/// Nothing but zeros when the descriptor can't be looked at.
FileIdentity identity_of(int file) noexcept;

/// What stands at a path.
struct Look {
  OpenError error = OpenError::none;
  bool is_directory = false;
  bool through_link = false;  ///< a symbolic link is on the way to it
  OpenFile file;              ///< open when it is a regular file
  FileIdentity identity;

  /// Whether both saw the same file in the same state, or the same lack of one.
  bool same(const Look& other) const noexcept {
    return error == other.error && is_directory == other.is_directory &&
           through_link == other.through_link && identity == other.identity;
  }
};

/// Looks at a path beneath a directory; a path begins with '/', and the kernel holds the fence.
/// `tell_links` finds out whether links are on the way, which costs another call when there are.
Look look_beneath(int directory, std::string_view path, bool tell_links) noexcept;

/// The path with the suffix put behind; the view holds until this thread asks for another.
std::string_view name_beside(std::string_view path, std::string_view suffix);

/// Opens a directory beneath another without following any link, to be watched; errno says why not.
UniqueFd open_directory_beneath(int directory, std::string_view path) noexcept;

/// What can be given away of a look: the file with it.
Opened to_opened(Look&& look) noexcept;

}  // namespace catena
