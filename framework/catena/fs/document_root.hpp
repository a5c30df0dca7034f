#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "catena/export.hpp"
#include "catena/fs/opened.hpp"
#include "catena/fs/root_directory.hpp"

namespace catena {

class OpenFileCache;

/// The one door to files: everything served is opened beneath one directory, and the kernel holds
/// the fence (openat2 with RESOLVE_BENEATH and RESOLVE_NO_MAGICLINKS). Symbolic links are followed
/// as long as they are relative and stay inside; absolute ones are refused even when they point
/// inside. May be used from many threads at once.
class CATENA_API DocumentRoot {
 public:
  /// Opens the directory; throws std::system_error when it is none or can't be read. With a cache,
  /// that is asked first, from its start to its stop.
  explicit DocumentRoot(std::filesystem::path directory,
                        std::shared_ptr<OpenFileCache> cache = nullptr);
  DocumentRoot(const DocumentRoot&) = delete;
  DocumentRoot& operator=(const DocumentRoot&) = delete;

  const std::filesystem::path& directory() const noexcept { return directory_.path(); }

  /// Opens what stands at the path, which begins with '/' and is taken from the root; no wait,
  /// whatever stands there. When the directory's own name has come to mean another directory (a
  /// link that was flipped), the new one is used 200 ms later at the latest, and 100 ms without a
  /// cache. What is opened must go before the root does.
  Opened open(std::string_view path) const;

  /// Opens what stands beside a file that this root opened at the path: at its name with the suffix
  /// put behind ("/app.js", ".gz"), as `open` would. With a cache, a file remembers what was not
  /// beside it, for eight suffixes of up to eight characters and on the terms of the cache, as long
  /// as it is held in `file`.
  Opened open_beside(const Opened& file, std::string_view path, std::string_view suffix) const;
  /// Whether the file remembers that there is nothing beside it by any of these suffixes.
  bool has_none_beside(const Opened& file,
                       std::span<const std::string_view> suffixes) const noexcept;

 private:
  RootDirectory directory_;
  std::shared_ptr<OpenFileCache> cache_;
};

}  // namespace catena
