// What the cache keeps, for how long it can be used, and its bounds.

#include "catena/fs/open_file_cache.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catena/http/date.hpp"
#include "framework/fs/cached_site.hpp"

using namespace catena;
using namespace catena::testing;
namespace fs = std::filesystem;

TEST_CASE("what is kept is what is there", "[open_file_cache]") {
  in_every_way([](const CachedSite& site) {
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
  const CachedSite site;
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
  const CachedSite site;
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
  const CachedSite site;
  site.write("file", "text");
  fs::last_write_time(site.in_root("file"),
                      fs::file_time_type::clock::now() + std::chrono::hours(1));
  const Opened opened = site.root.open("/file");
  REQUIRE(opened.validators != nullptr);
  CHECK(opened.validators->seconds <= ::time(nullptr));
}

TEST_CASE("why changes can't be heard of is told once", "[open_file_cache]") {
  CachedSite site(bounds_for(false));
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
  CachedSite site(bounds);
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
  const CachedSite site(bounds);
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
  const CachedSite site(bounds);
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

TEST_CASE("by default there is memory for as many files of 1 KiB as are kept",
          "[open_file_cache]") {
  const CachedSite site;
  const auto path_of = [](std::size_t at) {
    return "/directory/of/many/file" + std::to_string(at) + ".html";
  };
  constexpr std::size_t files = 100;
  for (std::size_t at = 0; at < files; ++at) {
    site.write(path_of(at).substr(1), std::string(1024, 'x'));
  }
  // What is told of while it is opened is not kept.
  eventually([&] {
    for (std::size_t at = 0; at < files; ++at) site.root.open(path_of(at));
    return site.cache->counts().entries == files;
  });
  const OpenFileCache::Bounds bounds;
  CHECK(site.cache->counts().memory / files * bounds.entries <= bounds.memory);
}

TEST_CASE("memory is bounded, with what is still in use", "[open_file_cache]") {
  OpenFileCache::Bounds bounds;
  bounds.memory = 100'000;
  const CachedSite site(bounds);
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
  const CachedSite site(bounds);
  for (int number = 0; number < 20; ++number) site.write(std::to_string(number), "x");
  for (int number = 0; number < 20; ++number) {
    CHECK(site.look("/" + std::to_string(number)) == "x");
    CHECK(site.cache->counts().descriptors <= 5);
  }
  CHECK(site.cache->counts().descriptors == 5);
}

TEST_CASE("descriptors are given back when they run out", "[open_file_cache]") {
  const CachedSite site(bounds_for(true, 0));
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
  in_every_way([](const CachedSite& site) {
    site.write("file", "old");
    site.warm("/file", "old");
    const Opened held = site.root.open("/file");
    site.directory.write("elsewhere", "new");
    fs::rename(site.directory / "elsewhere", site.in_root("file"));
    site.becomes("/file", "old", "new");
    CHECK(content(held) == "old");
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
