#pragma once

// A root with a cache in front of it, and waiting for what the cache is told: whatever happens to
// a file, what is asked for later is new within 200 ms, and twice that here, so that a busy machine
// does not fail the tests.

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "catena/fs/document_root.hpp"
#include "catena/fs/open_file_cache.hpp"
#include "catena/http/etag.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace catena::testing {

inline std::string content(const Opened& opened) {
  std::string text(opened.size, '\0');
  const ssize_t got = opened.file.read(text, 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

inline std::string told(const Opened& opened) {
  switch (opened.error) {
    case OpenError::none: break;
    case OpenError::not_found: return "not found";
    case OpenError::forbidden: return "forbidden";
    default: return "busy";
  }
  return opened.is_directory ? "directory" : content(opened);
}

inline std::string look(const DocumentRoot& root, std::string_view path) {
  return told(root.open(path));
}

inline std::string look_beside(const DocumentRoot& root, std::string_view path,
                               std::string_view suffix) {
  const Opened file = root.open(path);
  const bool none = root.has_none_beside(file, std::array{suffix});
  const std::string found = told(root.open_beside(file, path, suffix));
  return none && found != "not found" ? "remembered as absent: " + found : found;
}

/// The time that changes may take, and as much again for a machine that has other things to do.
constexpr std::chrono::milliseconds at_most{400};

/// Asks until the answer is the expected one. False when something else was the answer to a
/// question that was asked later than changes may take.
inline bool comes_to_be(const std::function<std::string()>& ask, const std::string& expected) {
  const auto began = std::chrono::steady_clock::now();
  for (;;) {
    const auto asked = std::chrono::steady_clock::now();
    if (ask() == expected) return true;
    if (asked - began >= at_most) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// A directory is watched once something in it was asked for. What a test writes before is there
/// when the cache comes to look, and no event of it is told later; tests that count what is kept
/// write everything first.
struct CachedSite {
  explicit CachedSite(OpenFileCache::Bounds bounds = {}, std::string_view root_name = "root")
      : root((std::filesystem::create_directories(directory / "root"), directory / root_name),
             cache) {
    cache->start(bounds, [this](const std::string& text) { told.push_back(text); });
  }
  ~CachedSite() { cache->stop(); }

  std::filesystem::path in_root(std::string_view name) const { return directory / "root" / name; }
  void write(std::string_view name, std::string_view text) const {
    directory.write("root/" + std::string(name), text);
  }
  /// Makes the file old enough that its times tell its versions apart.
  void age(std::string_view name) const {
    std::filesystem::last_write_time(
        in_root(name), std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  }
  /// Waits until the file is old enough for that, so that the cache does not read it anew.
  void settle(std::string_view name) const {
    eventually([&] {
      struct stat status {};
      timespec now{};
      REQUIRE(::stat(in_root(name).c_str(), &status) == 0);
      ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
      const auto to_ns = [](const timespec& time) {
        return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
      };
      return !FileTag(to_ns(status.st_mtim), 0, to_ns(now)).tag().weak &&
             !FileTag(to_ns(status.st_ctim), 0, to_ns(now)).tag().weak;
    });
  }
  std::string look(std::string_view path) const { return testing::look(root, path); }

  /// Puts a file there in one step.
  void put(std::string_view name, std::string_view text) const {
    directory.write("elsewhere", text);
    std::filesystem::rename(directory / "elsewhere", in_root(name));
  }

  /// Asks until it is kept, so that the next answers come from the cache.
  void warm(std::string_view path, const std::string& expected) const {
    for (int times = 0; times < 3; ++times) REQUIRE(look(path) == expected);
    // What is fresh is read anew for a while; wait until it is not.
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(130);
    while (std::chrono::steady_clock::now() < until) {
      REQUIRE(look(path) == expected);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  /// Waits for the new content; it must not take too long, and nothing else may be seen on the way.
  void becomes(std::string_view path, const std::string& before, const std::string& after) const {
    CAPTURE(path);
    becomes([&] { return look(path); }, before, after);
  }
  /// The same, of what is beside a file.
  void becomes_beside(std::string_view path, std::string_view suffix, const std::string& before,
                      const std::string& after) const {
    CAPTURE(path, suffix);
    becomes([&] { return look_beside(root, path, suffix); }, before, after);
  }
  static void becomes(const std::function<std::string()>& ask, const std::string& before,
                      const std::string& after) {
    const bool came = comes_to_be(
        [&] {
          std::string now = ask();
          if (now != after) REQUIRE(now == before);
          return now;
        },
        after);
    REQUIRE(came);
  }
  /// Asks until what is beside the file is known, also once the file is no longer fresh.
  void warm_beside(std::string_view path, std::string_view suffix,
                   const std::string& expected) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(130);
    while (std::chrono::steady_clock::now() < until) {
      REQUIRE(look_beside(root, path, suffix) == expected);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  std::vector<std::string> told;
  TempDir directory;
  std::shared_ptr<OpenFileCache> cache = std::make_shared<OpenFileCache>();
  DocumentRoot root;
};

inline OpenFileCache::Bounds bounds_for(bool watched, std::uint64_t small = 32 * 1024) {
  OpenFileCache::Bounds bounds;
  if (!watched) bounds.watches = 0;
  bounds.small = small;
  return bounds;
}

/// Every test of changes is run with and without inotify, with files in memory and open.
inline void in_every_way(const std::function<void(const CachedSite&)>& test) {
  for (const bool watched : {true, false}) {
    for (const std::uint64_t small : {32 * 1024U, 0U}) {
      CAPTURE(watched, small);
      const CachedSite site(bounds_for(watched, small));
      test(site);
    }
  }
}

}  // namespace catena::testing
