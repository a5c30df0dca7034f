// What is beside a file, and what is known of it without looking.

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "framework/fs/cached_site.hpp"

using namespace catena;
using namespace catena::testing;
namespace fs = std::filesystem;

TEST_CASE("what was missing beside a file is seen when it comes, and goes", "[open_file_cache]") {
  in_every_way([](const CachedSite& site) {
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

TEST_CASE("a file remembers that several names are not beside it", "[open_file_cache]") {
  in_every_way([](const CachedSite& site) {
    site.write("file", "text");
    site.write("other", "text");
    site.write("other.br", "copy");
    const auto none = [&site](std::string_view path) {
      const std::array<std::string_view, 2> suffixes{".gz", ".br"};
      return site.root.has_none_beside(site.root.open(path), suffixes);
    };
    CHECK_FALSE(none("/file"));
    // Where nobody tells of changes it is forgotten ten times a second.
    const auto asked = [&site, &none](std::string_view path) {
      for (const char* suffix : {".gz", ".br"}) look_beside(site.root, path, suffix);
      return std::string(none(path) ? "none" : "some");
    };
    CHECK(comes_to_be([&] { return asked("/file"); }, "none"));
    for (int times = 0; times < 100; ++times) REQUIRE(asked("/other") == "some");
    CHECK_FALSE(none("/missing"));
    CHECK_FALSE(site.root.has_none_beside(site.root.open("/file"),
                                          std::array<std::string_view, 1>{".zst"}));
    CHECK(site.root.has_none_beside(site.root.open("/file"), {}));
    const DocumentRoot uncached(site.in_root(""));
    CHECK_FALSE(uncached.has_none_beside(uncached.open("/file"), {}));
  });
}

TEST_CASE("what comes beside a file is seen in whatever way", "[open_file_cache]") {
  in_every_way([](const CachedSite& site) {
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
  in_every_way([](const CachedSite& site) {
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
    REQUIRE(comes_to_be([&] { return look_beside(site.root, "/v1/file", ".gz"); }, "copy"));
  });
}

TEST_CASE("what comes beside a file just as it is looked for is seen", "[open_file_cache]") {
  in_every_way([](const CachedSite& site) {
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
    const auto asked = [&] { return look_beside(site.root, "/file", ".gz"); };
    for (int times = 0; times < 8 && seen; ++times) {
      site.put("file.gz", "copy");
      seen = comes_to_be(asked, "copy");
      fs::remove(site.in_root("file.gz"));
      seen = seen && comes_to_be(asked, "not found");
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
  const CachedSite site(bounds);
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
  in_every_way([](const CachedSite& site) {
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
