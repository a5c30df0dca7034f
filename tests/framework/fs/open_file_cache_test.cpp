// Whatever happens to a file, what is opened later is new: within 200 ms, and twice that here, so
// that a busy machine does not fail the tests.

#include "catena/fs/open_file_cache.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "catena/fs/document_root.hpp"
#include "catena/http/date.hpp"
#include "catena/http/etag.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using namespace catena::testing;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
namespace fs = std::filesystem;

namespace {

std::string content(const Opened& opened) {
  std::string text(opened.size, '\0');
  const ssize_t got = opened.file.read(text, 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

std::string told(const Opened& opened) {
  switch (opened.error) {
    case OpenError::none: break;
    case OpenError::not_found: return "not found";
    case OpenError::forbidden: return "forbidden";
    default: return "busy";
  }
  return opened.is_directory ? "directory" : content(opened);
}

std::string look(const DocumentRoot& root, std::string_view path) { return told(root.open(path)); }

std::string look_beside(const DocumentRoot& root, std::string_view path, std::string_view suffix) {
  return told(root.open_beside(root.open(path), path, suffix));
}

/// The time that changes may take, and as much again for a machine that has other things to do.
constexpr milliseconds at_most{400};

/// A directory is watched once something in it was asked for. What a test writes before is there
/// when the cache comes to look, and no event of it is told later; tests that count what is kept
/// write everything first.
struct Site {
  explicit Site(OpenFileCache::Bounds bounds = {}, std::string_view root_name = "root")
      : root((fs::create_directories(directory / "root"), directory / root_name), cache) {
    cache->start(bounds, [this](const std::string& text) { told.push_back(text); });
  }
  ~Site() { cache->stop(); }

  fs::path in_root(std::string_view name) const { return directory / "root" / name; }
  void write(std::string_view name, std::string_view text) const {
    directory.write("root/" + std::string(name), text);
  }
  /// Makes the file old enough that its times tell its versions apart.
  void age(std::string_view name) const {
    fs::last_write_time(in_root(name), fs::file_time_type::clock::now() - std::chrono::hours(1));
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
  std::string look(std::string_view path) const { return ::look(root, path); }

  /// Puts a file there in one step.
  void put(std::string_view name, std::string_view text) const {
    directory.write("elsewhere", text);
    fs::rename(directory / "elsewhere", in_root(name));
  }

  /// Asks until it is kept, so that the next answers come from the cache.
  void warm(std::string_view path, const std::string& expected) const {
    for (int times = 0; times < 3; ++times) REQUIRE(look(path) == expected);
    // What is fresh is read anew for a while; wait until it is not.
    const auto until = steady_clock::now() + milliseconds(130);
    while (steady_clock::now() < until) {
      REQUIRE(look(path) == expected);
      std::this_thread::sleep_for(milliseconds(10));
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
    const auto began = steady_clock::now();
    for (;;) {
      const auto asked = steady_clock::now();
      const std::string now = ask();
      if (now == after) return;
      REQUIRE(now == before);
      REQUIRE(asked - began < at_most);
      std::this_thread::sleep_for(milliseconds(2));
    }
  }
  /// Asks until what is beside the file is known, also once the file is no longer fresh.
  void warm_beside(std::string_view path, std::string_view suffix,
                   const std::string& expected) const {
    const auto until = steady_clock::now() + milliseconds(130);
    while (steady_clock::now() < until) {
      REQUIRE(look_beside(root, path, suffix) == expected);
      std::this_thread::sleep_for(milliseconds(10));
    }
  }

  std::vector<std::string> told;
  TempDir directory;
  std::shared_ptr<OpenFileCache> cache = std::make_shared<OpenFileCache>();
  DocumentRoot root;
};

OpenFileCache::Bounds bounds_for(bool watched, std::uint64_t small = 32 * 1024) {
  OpenFileCache::Bounds bounds;
  if (!watched) bounds.watches = 0;
  bounds.small = small;
  return bounds;
}

/// Every test of changes is run with and without inotify, with files in memory and open.
void in_every_way(const std::function<void(const Site&)>& test) {
  for (const bool watched : {true, false}) {
    for (const std::uint64_t small : {32 * 1024U, 0U}) {
      CAPTURE(watched, small);
      const Site site(bounds_for(watched, small));
      test(site);
    }
  }
}

}  // namespace

TEST_CASE("what is kept is what is there", "[open_file_cache]") {
  in_every_way([](const Site& site) {
    site.write("file.txt", "inside");
    site.write("deep/er/file.txt", "deep");
    site.write("empty", "");
    site.write("large", std::string(100'000, 'x'));
    for (int times = 0; times < 3; ++times) {
      CHECK(site.look("/file.txt") == "inside");
      CHECK(site.look("/deep/er/file.txt") == "deep");
      CHECK(site.look("/deep/er/../er/file.txt") == "deep");
      CHECK(site.look("//file.txt") == "inside");
      CHECK(site.look("/empty").empty());
      CHECK(site.look("/large") == std::string(100'000, 'x'));
      CHECK(site.look("/") == "directory");
      CHECK(site.look("") == "directory");
      CHECK(site.look("/deep") == "directory");
      CHECK(site.look("/deep/") == "directory");
      CHECK(site.look("/missing") == "not found");
      CHECK(site.look("/missing/file.txt") == "not found");
      CHECK(site.look("/file.txt/") == "not found");
      CHECK(site.look("/file.txt/more") == "not found");
      CHECK(site.look("/../outside") == "forbidden");
      CHECK(site.look("/" + std::string(5000, 'x')) == "not found");
      CHECK(site.look(std::string_view("/file.txt\0", 10)) == "not found");
    }
    CHECK(site.cache->counts().entries > 8);
  });
}

TEST_CASE("small files are kept in memory, large ones open", "[open_file_cache]") {
  const Site site;
  site.write("small", std::string(32 * 1024, 's'));
  site.write("large", std::string(32 * 1024 + 1, 'l'));
  site.settle("large");
  const Opened small = site.root.open("/small");
  CHECK(small.file.in_memory());
  CHECK(small.size == 32 * 1024);
  const Opened large = site.root.open("/large");
  CHECK(large.file.fd() >= 0);
  CHECK((::fcntl(large.file.fd(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(site.root.open("/large").file.fd() == large.file.fd());
  const auto counts = site.cache->counts();
  CHECK(counts.entries == 2);
  CHECK(counts.descriptors == 1);
  CHECK(counts.memory > 32 * 1024);
}

TEST_CASE("validators are ready, weak while a file is fresh, and strong in time",
          "[open_file_cache]") {
  const Site site;
  // On a busy machine, what was written is no longer fresh when it is opened; then once more. There
  // are no validators for what was told to have changed while it was opened.
  eventually([&] {
    site.write("file", "text");
    const Opened opened = site.root.open("/file");
    return opened.validators != nullptr && opened.validators->tag.tag().weak;
  });
  eventually([&] {
    const Opened opened = site.root.open("/file");
    return opened.validators != nullptr && !opened.validators->tag.tag().weak;
  });
  site.age("file");
  eventually([&] {
    const Opened opened = site.root.open("/file");
    struct stat status {};
    ::stat(site.in_root("file").c_str(), &status);
    return opened.validators != nullptr && opened.validators->seconds == status.st_mtim.tv_sec &&
           std::string_view(opened.validators->last_modified) ==
               std::string_view(HttpDate(status.st_mtim.tv_sec)) &&
           opened.validators->tag.text() == FileTag(opened.modified, 4, 0).text();
  });
}

TEST_CASE("a time in the future is told as now", "[open_file_cache]") {
  const Site site;
  site.write("file", "text");
  fs::last_write_time(site.in_root("file"),
                      fs::file_time_type::clock::now() + std::chrono::hours(1));
  const Opened opened = site.root.open("/file");
  REQUIRE(opened.validators != nullptr);
  CHECK(opened.validators->seconds <= ::time(nullptr));
}

TEST_CASE("a file that is changed in place is seen", "[open_file_cache]") {
  in_every_way([](const Site& site) {
    site.write("a/file", "old");
    site.warm("/a/file", "old");
    const UniqueFd file(::open(site.in_root("a/file").c_str(), O_WRONLY | O_CLOEXEC));
    // Of the same size, and with the file still open.
    REQUIRE(::pwrite(file.get(), "new", 3, 0) == 3);
    site.becomes("/a/file", "old", "new");
    REQUIRE(::pwrite(file.get(), "er", 2, 3) == 2);
    site.becomes("/a/file", "new", "newer");
    REQUIRE(::ftruncate(file.get(), 1) == 0);
    site.becomes("/a/file", "newer", "n");
  });
}

TEST_CASE("changes in quick succession are all seen", "[open_file_cache]") {
  in_every_way([](const Site& site) {
    std::string last = "000";
    site.write("file", last);
    for (int number = 1; number < 200; ++number) {
      std::string next = std::to_string(1000 + number).substr(1);
      const UniqueFd file(::open(site.in_root("file").c_str(), O_WRONLY | O_CLOEXEC));
      site.look("/file");
      REQUIRE(::pwrite(file.get(), next.data(), 3, 0) == 3);
      last = next;
    }
    const auto began = steady_clock::now();
    while (site.look("/file") != last) REQUIRE(steady_clock::now() - began < at_most);
  });
}

TEST_CASE("a file that is replaced is seen", "[open_file_cache]") {
  in_every_way([](const Site& site) {
    site.write("file", "old");
    site.warm("/file", "old");
    site.directory.write("elsewhere", "new");
    fs::rename(site.directory / "elsewhere", site.in_root("file"));
    site.becomes("/file", "old", "new");
  });
}

TEST_CASE("a file that is removed, and comes back, is seen", "[open_file_cache]") {
  in_every_way([](const Site& site) {
    site.write("file", "old");
    site.warm("/file", "old");
    fs::remove(site.in_root("file"));
    site.becomes("/file", "old", "not found");
    site.warm("/file", "not found");
    site.directory.write("elsewhere", "back");
    fs::rename(site.directory / "elsewhere", site.in_root("file"));
    site.becomes("/file", "not found", "back");
  });
}

TEST_CASE("a file that becomes a directory is seen, and what is in it", "[open_file_cache]") {
  in_every_way([](const Site& site) {
    site.write("name", "old");
    site.warm("/name", "old");
    site.warm("/name/", "not found");
    site.warm("/name/in/it", "not found");
    fs::remove(site.in_root("name"));
    fs::create_directory(site.in_root("name"));
    const auto began = steady_clock::now();
    while (site.look("/name") != "directory") REQUIRE(steady_clock::now() - began < at_most);
    site.becomes("/name/", "not found", "directory");
    site.directory.write("elsewhere/it", "it");
    fs::rename(site.directory / "elsewhere", site.in_root("name/in"));
    site.becomes("/name/in/it", "not found", "it");
    fs::remove_all(site.in_root("name"));
    site.directory.write("elsewhere", "a file");
    fs::rename(site.directory / "elsewhere", site.in_root("name"));
    while (site.look("/name") != "a file") REQUIRE(steady_clock::now() - began < 3 * at_most);
    site.becomes("/name/in/it", "it", "not found");
  });
}

TEST_CASE("what was missing is seen when it comes, however deep", "[open_file_cache]") {
  in_every_way([](const Site& site) {
    site.warm("/a/b/c/file", "not found");
    fs::create_directories(site.in_root("a/b"));
    site.warm("/a/b/c/file", "not found");
    site.directory.write("c/file", "there");
    fs::rename(site.directory / "c", site.in_root("a/b/c"));
    site.becomes("/a/b/c/file", "not found", "there");
  });
}

TEST_CASE("a directory on the way that is moved away and back is seen", "[open_file_cache]") {
  in_every_way([](const Site& site) {
    site.write("a/b/file", "one");
    site.warm("/a/b/file", "one");
    fs::rename(site.in_root("a"), site.in_root("moved"));
    site.becomes("/a/b/file", "one", "not found");
    site.warm("/moved/b/file", "one");
    site.write("a/b/file", "two");
    const auto began = steady_clock::now();
    while (site.look("/a/b/file") != "two") REQUIRE(steady_clock::now() - began < at_most);
    site.warm("/a/b/file", "two");
    fs::remove_all(site.in_root("a"));
    fs::rename(site.in_root("moved"), site.in_root("a"));
    const auto moved = steady_clock::now();
    while (site.look("/a/b/file") != "one") REQUIRE(steady_clock::now() - moved < at_most);
    site.warm("/a/b/file", "one");
    // The directory is another one than was watched under that name first.
    site.write("a/b/file", "six");
    while (site.look("/a/b/file") != "six") REQUIRE(steady_clock::now() - moved < 3 * at_most);
    site.becomes("/moved/b/file", "one", "not found");
  });
}

TEST_CASE("links inside are kept on the same terms", "[open_file_cache]") {
  in_every_way([](const Site& site) {
    site.write("v1/file", "one");
    site.write("v2/file", "two");
    fs::create_symlink("v1", site.in_root("current"));
    fs::create_symlink("v1/file", site.in_root("link"));
    fs::create_symlink("nowhere", site.in_root("dangling"));
    site.warm("/current/file", "one");
    site.warm("/link", "one");
    site.warm("/dangling", "not found");
    fs::create_symlink("v2", site.in_root("next"));
    fs::rename(site.in_root("next"), site.in_root("current"));
    site.becomes("/current/file", "one", "two");
    // What the link leads to changes, and the link does not.
    site.directory.write("elsewhere", "new");
    fs::rename(site.directory / "elsewhere", site.in_root("v1/file"));
    site.becomes("/link", "one", "new");
    site.directory.write("elsewhere", "found");
    fs::rename(site.directory / "elsewhere", site.in_root("nowhere"));
    site.becomes("/dangling", "not found", "found");
  });
}

TEST_CASE("a root that is a link may be flipped, also after a silence", "[open_file_cache]") {
  for (const bool watched : {true, false}) {
    const TempDir directory;
    directory.write("v1/file", "one");
    directory.write("v2/file", "two");
    fs::create_symlink("v1", directory / "current");
    const auto cache = std::make_shared<OpenFileCache>();
    const DocumentRoot root(directory / "current", cache);
    cache->start(bounds_for(watched));
    const auto flip = [&](const char* to) {
      fs::create_symlink(to, directory / "next");
      fs::rename(directory / "next", directory / "current");
    };
    for (int times = 0; times < 5; ++times) REQUIRE(look(root, "/file") == "one");
    REQUIRE(look(root, "/other") == "not found");
    flip("v2");
    auto began = steady_clock::now();
    while (look(root, "/file") != "two") REQUIRE(steady_clock::now() - began < at_most);
    // With nobody asking, nobody looks; the first one who asks then must not get what was.
    std::this_thread::sleep_for(milliseconds(300));
    flip("v1");
    std::this_thread::sleep_for(milliseconds(200));
    CHECK(look(root, "/file") == "one");
    directory.write("v1/other", "there");
    began = steady_clock::now();
    while (look(root, "/other") != "there") REQUIRE(steady_clock::now() - began < at_most);
    cache->stop();
  }
}

TEST_CASE("after a silence nothing old is given", "[open_file_cache]") {
  in_every_way([](const Site& site) {
    site.write("file", "one");
    site.warm("/file", "one");
    std::this_thread::sleep_for(milliseconds(300));
    site.directory.write("elsewhere", "two");
    fs::rename(site.directory / "elsewhere", site.in_root("file"));
    std::this_thread::sleep_for(at_most);
    CHECK(site.look("/file") == "two");
  });
}

TEST_CASE("a file that is written by another of its names is seen", "[open_file_cache]") {
  in_every_way([](const Site& site) {
    site.write("file", "old");
    fs::create_hard_link(site.in_root("file"), site.directory / "outside");
    site.warm("/file", "old");
    const UniqueFd file(::open((site.directory / "outside").c_str(), O_WRONLY | O_CLOEXEC));
    REQUIRE(::pwrite(file.get(), "new", 3, 0) == 3);
    site.becomes("/file", "old", "new");
  });
}

TEST_CASE("permissions that change are seen", "[open_file_cache]") {
  if (::geteuid() == 0) {
    WARN("not tried: root may read everything");
    return;
  }
  in_every_way([](const Site& site) {
    site.write("a/file", "text");
    site.warm("/a/file", "text");
    fs::permissions(site.in_root("a/file"), fs::perms::none);
    site.becomes("/a/file", "text", "forbidden");
    fs::permissions(site.in_root("a/file"), fs::perms::owner_all);
    site.becomes("/a/file", "forbidden", "text");
    fs::permissions(site.in_root("a"), fs::perms::none);
    site.becomes("/a/file", "text", "forbidden");
    fs::permissions(site.in_root("a"), fs::perms::owner_all);
    site.becomes("/a/file", "forbidden", "text");
  });
}

TEST_CASE("roots in one another share what the kernel tells", "[open_file_cache]") {
  const Site site;
  site.write("sub/file", "old");
  const DocumentRoot inner(site.in_root("sub"), site.cache);
  site.warm("/sub/file", "old");
  for (int times = 0; times < 3; ++times) REQUIRE(look(inner, "/file") == "old");
  site.directory.write("elsewhere", "new");
  fs::rename(site.directory / "elsewhere", site.in_root("sub/file"));
  site.becomes("/sub/file", "old", "new");
  const auto began = steady_clock::now();
  while (look(inner, "/file") != "new") REQUIRE(steady_clock::now() - began < at_most);
}

TEST_CASE("why changes can't be heard of is told once", "[open_file_cache]") {
  Site site(bounds_for(false));
  site.write("a/file", "text");
  site.write("b/file", "text");
  site.look("/a/file");
  site.look("/b/file");
  REQUIRE(site.told.size() == 1);
  CHECK_THAT(site.told[0], ContainsSubstring("root/ can't be watched for changes (No space left"));
  CHECK_THAT(site.told[0], ContainsSubstring("every 100 ms"));
}

TEST_CASE("with too few watches the rest is looked at", "[open_file_cache]") {
  OpenFileCache::Bounds bounds;
  bounds.watches = 2;
  Site site(bounds);
  for (const char* name : {"a", "b", "c"}) site.write(std::string(name) + "/file", name);
  for (const char* name : {"a", "b", "c"}) site.warm("/" + std::string(name) + "/file", name);
  CHECK(site.cache->counts().watches <= 2);
  for (const char* name : {"a", "b", "c"}) {
    site.directory.write("elsewhere", "new");
    fs::rename(site.directory / "elsewhere", site.in_root(std::string(name) + "/file"));
    site.becomes("/" + std::string(name) + "/file", name, "new");
  }
}

TEST_CASE("file systems that others change are looked at", "[open_file_cache]") {
  const auto cache = std::make_shared<OpenFileCache>();
  const DocumentRoot proc("/proc", cache);
  std::vector<std::string> told;
  cache->start({}, [&told](const std::string& text) { told.push_back(text); });
  for (int times = 0; times < 3; ++times) CHECK(look(proc, "/version").empty());
  cache->stop();
  REQUIRE(told.size() == 1);
  CHECK_THAT(told[0], ContainsSubstring("/proc/ is on a file system whose changes"));
}

TEST_CASE("entries are bounded, and those in use stay the longest", "[open_file_cache]") {
  OpenFileCache::Bounds bounds;
  bounds.entries = 64;
  const Site site(bounds);
  for (int number = 0; number < 300; ++number) site.write(std::to_string(number), "x");
  for (int number = 0; number < 300; ++number) {
    CHECK(site.look("/" + std::to_string(number)) == "x");
    CHECK(site.look("/0") == "x");
    CHECK(site.cache->counts().entries <= 64);
  }
  CHECK(site.cache->counts().entries >= 32);
}

TEST_CASE("names that are not there push out no files", "[open_file_cache]") {
  OpenFileCache::Bounds bounds;
  bounds.entries = 64;
  const Site site(bounds);
  for (int number = 0; number < 40; ++number) site.write(std::to_string(number), "x");
  for (int number = 0; number < 40; ++number) site.look("/" + std::to_string(number));
  const auto before = site.cache->counts();
  for (int number = 0; number < 2000; ++number) {
    CHECK(site.look("/missing" + std::to_string(number)) == "not found");
  }
  const auto after = site.cache->counts();
  CHECK(after.missing <= 8);
  CHECK(after.missing >= 1);
  CHECK(after.entries - after.missing == before.entries);
}

TEST_CASE("memory is bounded, with what is still in use", "[open_file_cache]") {
  OpenFileCache::Bounds bounds;
  bounds.memory = 100'000;
  const Site site(bounds);
  for (int number = 0; number < 50; ++number) {
    site.write(std::to_string(number), std::string(10'000, 'x'));
  }
  std::vector<Opened> in_use;
  for (int number = 0; number < 50; ++number) {
    in_use.push_back(site.root.open("/" + std::to_string(number)));
    CHECK(content(in_use.back()) == std::string(10'000, 'x'));
    CHECK(site.cache->counts().memory <= 100'000);
  }
  in_use.clear();
  for (int number = 0; number < 50; ++number) {
    CHECK(site.look("/" + std::to_string(number)).size() == 10'000);
    CHECK(site.cache->counts().memory <= 100'000);
  }
  CHECK(site.cache->counts().entries >= 5);
}

TEST_CASE("descriptors are bounded", "[open_file_cache]") {
  OpenFileCache::Bounds bounds;
  bounds.small = 0;
  bounds.descriptors = 5;
  const Site site(bounds);
  for (int number = 0; number < 20; ++number) site.write(std::to_string(number), "x");
  for (int number = 0; number < 20; ++number) {
    CHECK(site.look("/" + std::to_string(number)) == "x");
    CHECK(site.cache->counts().descriptors <= 5);
  }
  CHECK(site.cache->counts().descriptors == 5);
}

TEST_CASE("descriptors are given back when they run out", "[open_file_cache]") {
  const Site site(bounds_for(true, 0));
  for (const char* name : {"a", "b"}) site.write(name, name);
  site.look("/a");
  REQUIRE(site.cache->counts().descriptors == 1);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit low = before;
  low.rlim_cur = 64;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  std::vector<UniqueFd> taken;
  for (;;) {
    UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!fd) break;
    taken.push_back(std::move(fd));
  }
  const std::string got = site.look("/b");
  taken.clear();
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(got == "b");
}

TEST_CASE("what is in use outlives what it was", "[open_file_cache]") {
  in_every_way([](const Site& site) {
    site.write("file", "old");
    site.warm("/file", "old");
    const Opened held = site.root.open("/file");
    site.directory.write("elsewhere", "new");
    fs::rename(site.directory / "elsewhere", site.in_root("file"));
    site.becomes("/file", "old", "new");
    CHECK(content(held) == "old");
  });
}

TEST_CASE("what was missing beside a file is seen when it comes, and goes", "[open_file_cache]") {
  in_every_way([](const Site& site) {
    site.write("a/file", "text");
    site.warm_beside("/a/file", ".gz", "not found");
    site.warm_beside("/a/file", ".br", "not found");
    site.put("a/file.gz", "copy");
    site.becomes_beside("/a/file", ".gz", "not found", "copy");
    CHECK(look_beside(site.root, "/a/file", ".br") == "not found");
    site.warm_beside("/a/file", ".gz", "copy");
    site.put("a/file.gz", "another");
    site.becomes_beside("/a/file", ".gz", "copy", "another");
    fs::remove(site.in_root("a/file.gz"));
    site.becomes_beside("/a/file", ".gz", "another", "not found");
    site.warm_beside("/a/file", ".gz", "not found");
    site.put("a/file.gz", "back");
    site.becomes_beside("/a/file", ".gz", "not found", "back");
    fs::create_directory(site.in_root("a/file.br"));
    site.becomes_beside("/a/file", ".br", "not found", "directory");
    CHECK(site.look("/a/file") == "text");
  });
}

TEST_CASE("what comes beside a file is seen in whatever way", "[open_file_cache]") {
  in_every_way([](const Site& site) {
    for (const char* name : {"linked", "moved", "by_link", "by_link_inside", "dangling"}) {
      site.write("a/" + std::string(name), "text");
    }
    fs::create_symlink("nowhere", site.in_root("a/dangling.gz"));
    for (const char* name : {"linked", "moved", "by_link", "by_link_inside", "dangling"}) {
      site.warm_beside("/a/" + std::string(name), ".gz", "not found");
    }
    site.write("b", "copy");
    fs::create_hard_link(site.in_root("b"), site.in_root("a/linked.gz"));
    site.becomes_beside("/a/linked", ".gz", "not found", "copy");
    fs::create_symlink("../b", site.in_root("a/by_link.gz"));
    site.becomes_beside("/a/by_link", ".gz", "not found", "copy");
    fs::rename(site.in_root("b"), site.in_root("a/moved.gz"));
    site.becomes_beside("/a/moved", ".gz", "not found", "copy");
    site.put("a/nowhere", "copy");
    site.becomes_beside("/a/dangling", ".gz", "not found", "copy");
  });
}

TEST_CASE("what is beside a file is known no better than the file is", "[open_file_cache]") {
  in_every_way([](const Site& site) {
    site.write("v1/file", "text");
    site.write("v2/file", "text");
    site.write("v2/file.gz", "copy");
    fs::create_symlink("v1", site.in_root("current"));
    fs::create_symlink("v1/file", site.in_root("link"));
    fs::create_hard_link(site.in_root("v1/file"), site.in_root("several"));
    for (const char* path : {"/current/file", "/link", "/several"}) {
      site.warm_beside(path, ".gz", "not found");
    }
    site.put("link.gz", "copy");
    site.becomes_beside("/link", ".gz", "not found", "copy");
    site.put("several.gz", "copy");
    site.becomes_beside("/several", ".gz", "not found", "copy");
    fs::create_symlink("v2", site.in_root("next"));
    fs::rename(site.in_root("next"), site.in_root("current"));
    site.becomes_beside("/current/file", ".gz", "not found", "copy");
    site.warm_beside("/v1/file", ".gz", "not found");
    fs::rename(site.in_root("v1"), site.in_root("v0"));
    fs::rename(site.in_root("v2"), site.in_root("v1"));
    const auto began = steady_clock::now();
    while (look_beside(site.root, "/v1/file", ".gz") != "copy") {
      REQUIRE(steady_clock::now() - began < at_most);
    }
  });
}

TEST_CASE("what comes beside a file just as it is looked for is seen", "[open_file_cache]") {
  in_every_way([](const Site& site) {
    site.write("file", "text");
    site.settle("file");
    std::atomic<bool> done{false};
    std::vector<std::thread> readers;
    for (int reader = 0; reader < 2; ++reader) {
      readers.emplace_back([&] {
        while (!done) look_beside(site.root, "/file", ".gz");
      });
    }
    bool seen = true;
    const auto comes_to_be = [&](const std::string& expected) {
      const auto began = steady_clock::now();
      while (look_beside(site.root, "/file", ".gz") != expected) {
        if (steady_clock::now() - began > at_most) return false;
        std::this_thread::sleep_for(milliseconds(1));
      }
      return true;
    };
    for (int times = 0; times < 8 && seen; ++times) {
      site.put("file.gz", "copy");
      seen = comes_to_be("copy");
      fs::remove(site.in_root("file.gz"));
      seen = seen && comes_to_be("not found");
    }
    done = true;
    for (std::thread& reader : readers) reader.join();
    CHECK(seen);
  });
}

TEST_CASE("names beside files are known to be missing without a place of their own",
          "[open_file_cache]") {
  OpenFileCache::Bounds bounds;
  bounds.entries = 1024;  // of which 128 of what is not there
  const Site site(bounds);
  for (int number = 0; number < 300; ++number) site.write(std::to_string(number), "x");
  const auto ask_for_all = [&site] {
    for (int number = 0; number < 300; ++number) {
      const std::string path = "/" + std::to_string(number);
      const Opened file = site.root.open(path);
      for (const char* suffix : {".br", ".zst", ".gz"}) {
        REQUIRE(told(site.root.open_beside(file, path, suffix)) == "not found");
      }
    }
  };
  ask_for_all();
  CHECK(site.cache->counts().missing == 0);
  CHECK(site.cache->counts().looks >= 1200);
  // All is looked at anew now and then; in between nothing is.
  eventually([&] {
    const std::uint64_t before = site.cache->counts().looks;
    ask_for_all();
    return site.cache->counts().looks == before;
  });
  CHECK(site.cache->counts().missing == 0);
}

TEST_CASE("beside what is not kept, and by more suffixes than are known, names are found as well",
          "[open_file_cache]") {
  in_every_way([](const Site& site) {
    site.write("file", "text");
    site.write("a/file2", "text");
    for (int number = 0; number < 12; ++number) {
      site.write("file." + std::to_string(number), std::to_string(number));
    }
    site.write("file-and-more.1", "long");
    for (int times = 0; times < 3; ++times) {
      CHECK(look_beside(site.root, "/file", "-and-more.1") == "long");
      CHECK(look_beside(site.root, "/file", "-and-less.1") == "not found");
      CHECK(look_beside(site.root, "/file", std::string("\0.1", 3)) == "not found");
      for (int number = 0; number < 12; ++number) {
        const std::string suffix = "." + std::to_string(number);
        CHECK(look_beside(site.root, "/file", suffix) == std::to_string(number));
        CHECK(look_beside(site.root, "/a/file2", suffix) == "not found");
        CHECK(look_beside(site.root, "/a/../file", suffix) == std::to_string(number));
        CHECK(look_beside(site.root, "/a", suffix) == "not found");
      }
      CHECK(look_beside(site.root, "/file", "") == "text");
      CHECK(look_beside(site.root, "/file", "/more") == "not found");
      CHECK(look_beside(site.root, "/missing", ".0") == "not found");
    }
    // A file that is not held any more is not asked what it knows.
    Opened file = site.root.open("/a/file2");
    CHECK(told(site.root.open_beside(file, "/a/file2", ".0")) == "not found");
    const OpenFile moved = std::move(file.file);
    CHECK(told(site.root.open_beside(file, "/a/file2", ".0")) == "not found");
  });
}

TEST_CASE("a root goes on without its cache", "[open_file_cache]") {
  const TempDir directory;
  directory.write("file", "text");
  const auto cache = std::make_shared<OpenFileCache>();
  const DocumentRoot root(directory.path(), cache);
  CHECK(look(root, "/file") == "text");
  CHECK(look_beside(root, "/fi", "le") == "text");
  CHECK(look_beside(root, "/file", ".gz") == "not found");
  CHECK(cache->counts().entries == 0);
  cache->start({});
  CHECK(look(root, "/file") == "text");
  CHECK(cache->counts().entries == 1);
  cache->stop();
  CHECK(look(root, "/file") == "text");
  CHECK(cache->counts().entries == 0);
  cache->stop();
}

TEST_CASE("readers and writers at once see no mixture", "[open_file_cache]") {
  for (const bool watched : {true, false}) {
    for (const std::uint64_t small : {32 * 1024U, 0U}) {
      OpenFileCache::Bounds bounds = bounds_for(watched, small);
      bounds.entries = 16;  // so that entries come and go as well
      const Site site(bounds);
      const auto version = [](int number) {
        return std::string(static_cast<std::size_t>(100 + number % 3),
                           static_cast<char>('a' + number % 26));
      };
      constexpr int files = 24;
      for (int file = 0; file < files; ++file) site.write(std::to_string(file), version(0));
      std::atomic<bool> done{false};
      std::atomic<int> wrong{0};
      std::vector<std::thread> readers;
      for (int reader = 0; reader < 3; ++reader) {
        readers.emplace_back([&, reader] {
          for (int round = reader; !done; ++round) {
            const std::string path = "/" + std::to_string(round * 7 % files);
            const std::string text = site.look(path);
            if (text == "busy") continue;
            if (text.empty() || text.find_first_not_of(text[0]) != std::string::npos ||
                text.size() < 100 || text.size() > 102) {
              ++wrong;
            }
            site.look("/missing" + std::to_string(round % 50));
          }
        });
      }
      for (int number = 1; number < 300; ++number) {
        site.directory.write("elsewhere", version(number));
        fs::rename(site.directory / "elsewhere", site.in_root(std::to_string(number % files)));
      }
      // Each must come to be what was written last.
      for (int file = 0; file < files; ++file) {
        const int last = 299 - (299 - file) % files;
        const auto began = steady_clock::now();
        while (site.look("/" + std::to_string(file)) != version(last)) {
          if (steady_clock::now() - began > 5 * at_most) break;
        }
        CHECK(site.look("/" + std::to_string(file)) == version(last));
      }
      done = true;
      for (std::thread& reader : readers) reader.join();
      CHECK(wrong == 0);
    }
  }
}
