// Whatever happens to a file that is kept, or to the way to it, what is asked for later is new.

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "framework/fs/cached_site.hpp"

using namespace catena;
using namespace catena::testing;
namespace fs = std::filesystem;

TEST_CASE("a file that is changed in place is seen", "[open_file_cache]") {
  in_every_way([](const CachedSite& site) {
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
  in_every_way([](const CachedSite& site) {
    std::string last = "000";
    site.write("file", last);
    for (int number = 1; number < 200; ++number) {
      std::string next = std::to_string(1000 + number).substr(1);
      const UniqueFd file(::open(site.in_root("file").c_str(), O_WRONLY | O_CLOEXEC));
      site.look("/file");
      REQUIRE(::pwrite(file.get(), next.data(), 3, 0) == 3);
      last = next;
    }
    REQUIRE(comes_to_be([&] { return site.look("/file"); }, last));
  });
}

TEST_CASE("a file that is replaced is seen", "[open_file_cache]") {
  in_every_way([](const CachedSite& site) {
    site.write("file", "old");
    site.warm("/file", "old");
    site.directory.write("elsewhere", "new");
    fs::rename(site.directory / "elsewhere", site.in_root("file"));
    site.becomes("/file", "old", "new");
  });
}

TEST_CASE("a file that is removed, and comes back, is seen", "[open_file_cache]") {
  in_every_way([](const CachedSite& site) {
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
  in_every_way([](const CachedSite& site) {
    site.write("name", "old");
    site.warm("/name", "old");
    site.warm("/name/", "not found");
    site.warm("/name/in/it", "not found");
    fs::remove(site.in_root("name"));
    fs::create_directory(site.in_root("name"));
    REQUIRE(comes_to_be([&] { return site.look("/name"); }, "directory"));
    site.becomes("/name/", "not found", "directory");
    site.directory.write("elsewhere/it", "it");
    fs::rename(site.directory / "elsewhere", site.in_root("name/in"));
    site.becomes("/name/in/it", "not found", "it");
    fs::remove_all(site.in_root("name"));
    site.directory.write("elsewhere", "a file");
    fs::rename(site.directory / "elsewhere", site.in_root("name"));
    REQUIRE(comes_to_be([&] { return site.look("/name"); }, "a file"));
    site.becomes("/name/in/it", "it", "not found");
  });
}

TEST_CASE("what was missing is seen when it comes, however deep", "[open_file_cache]") {
  in_every_way([](const CachedSite& site) {
    site.warm("/a/b/c/file", "not found");
    fs::create_directories(site.in_root("a/b"));
    site.warm("/a/b/c/file", "not found");
    site.directory.write("c/file", "there");
    fs::rename(site.directory / "c", site.in_root("a/b/c"));
    site.becomes("/a/b/c/file", "not found", "there");
  });
}

TEST_CASE("a directory on the way that is moved away and back is seen", "[open_file_cache]") {
  in_every_way([](const CachedSite& site) {
    site.write("a/b/file", "one");
    site.warm("/a/b/file", "one");
    fs::rename(site.in_root("a"), site.in_root("moved"));
    site.becomes("/a/b/file", "one", "not found");
    site.warm("/moved/b/file", "one");
    site.write("a/b/file", "two");
    REQUIRE(comes_to_be([&] { return site.look("/a/b/file"); }, "two"));
    site.warm("/a/b/file", "two");
    fs::remove_all(site.in_root("a"));
    fs::rename(site.in_root("moved"), site.in_root("a"));
    REQUIRE(comes_to_be([&] { return site.look("/a/b/file"); }, "one"));
    site.warm("/a/b/file", "one");
    // The directory is another one than was watched under that name first.
    site.write("a/b/file", "six");
    REQUIRE(comes_to_be([&] { return site.look("/a/b/file"); }, "six"));
    site.becomes("/moved/b/file", "one", "not found");
  });
}

TEST_CASE("links inside are kept on the same terms", "[open_file_cache]") {
  in_every_way([](const CachedSite& site) {
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
    REQUIRE(comes_to_be([&] { return look(root, "/file"); }, "two"));
    // With nobody asking, nobody looks; the first one who asks then must not get what was.
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    flip("v1");
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    CHECK(look(root, "/file") == "one");
    directory.write("v1/other", "there");
    REQUIRE(comes_to_be([&] { return look(root, "/other"); }, "there"));
    cache->stop();
  }
}

TEST_CASE("after a silence nothing old is given", "[open_file_cache]") {
  in_every_way([](const CachedSite& site) {
    site.write("file", "one");
    site.warm("/file", "one");
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    site.directory.write("elsewhere", "two");
    fs::rename(site.directory / "elsewhere", site.in_root("file"));
    std::this_thread::sleep_for(at_most);
    CHECK(site.look("/file") == "two");
  });
}

TEST_CASE("a file that is written by another of its names is seen", "[open_file_cache]") {
  in_every_way([](const CachedSite& site) {
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
  in_every_way([](const CachedSite& site) {
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
  const CachedSite site;
  site.write("sub/file", "old");
  const DocumentRoot inner(site.in_root("sub"), site.cache);
  site.warm("/sub/file", "old");
  for (int times = 0; times < 3; ++times) REQUIRE(look(inner, "/file") == "old");
  site.directory.write("elsewhere", "new");
  fs::rename(site.directory / "elsewhere", site.in_root("sub/file"));
  site.becomes("/sub/file", "old", "new");
  REQUIRE(comes_to_be([&] { return look(inner, "/file"); }, "new"));
}

TEST_CASE("readers and writers at once see no mixture", "[open_file_cache]") {
  for (const bool watched : {true, false}) {
    for (const std::uint64_t small : {32 * 1024U, 0U}) {
      OpenFileCache::Bounds bounds = bounds_for(watched, small);
      bounds.entries = 16;  // so that entries come and go as well
      const CachedSite site(bounds);
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
        const auto asked = [&] { return site.look("/" + std::to_string(file)); };
        CHECK(comes_to_be(asked, version(last)));
      }
      done = true;
      for (std::thread& reader : readers) reader.join();
      CHECK(wrong == 0);
    }
  }
}
