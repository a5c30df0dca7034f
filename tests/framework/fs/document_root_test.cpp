#include "catena/fs/document_root.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using namespace catena::testing;
namespace fs = std::filesystem;

namespace Catch {
template <>
struct StringMaker<OpenError> {
  static std::string convert(OpenError error) {
    constexpr std::array<const char*, 4> names{"none", "not_found", "forbidden", "busy"};
    return names.at(static_cast<std::size_t>(error));
  }
};
}  // namespace Catch

namespace {

std::string content(const Opened& opened) {
  std::string text(opened.size, '\0');
  const ssize_t got = opened.file.read(text, 0);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

/// What stands at the path: its content, or why it can't be had.
std::string look(const DocumentRoot& root, std::string_view path) {
  const Opened opened = root.open(path);
  if (opened.error != OpenError::none) return Catch::StringMaker<OpenError>::convert(opened.error);
  return opened.is_directory ? "directory" : "\"" + content(opened) + "\"";
}

/// A root with a file, a directory, and something outside that must never be seen.
struct Site {
  Site() {
    directory.write("root/file.txt", "inside");
    directory.write("root/deep/er/file.txt", "deep");
    directory.write("outside/secret.txt", "secret");
    fs::create_directory(directory / "root/empty");
  }
  fs::path in_root(std::string_view name) const { return directory / "root" / name; }
  void link(const fs::path& to, std::string_view name) const {
    fs::create_symlink(to, in_root(name));
  }

  TempDir directory;
  DocumentRoot root = DocumentRoot(make());

 private:
  fs::path make() const {
    fs::create_directory(directory / "root");
    return directory / "root";
  }
};

}  // namespace

TEST_CASE("a document root opens files and directories", "[document_root]") {
  const Site site;
  CHECK(site.root.directory() == site.directory / "root");
  CHECK(look(site.root, "/file.txt") == "\"inside\"");
  CHECK(look(site.root, "/deep/er/file.txt") == "\"deep\"");
  CHECK(look(site.root, "/") == "directory");
  CHECK(look(site.root, "") == "directory");
  CHECK(look(site.root, "/empty") == "directory");
  CHECK(look(site.root, "/empty/") == "directory");
  CHECK(look(site.root, "/missing") == "not_found");
  CHECK(look(site.root, "/missing/file.txt") == "not_found");
  CHECK(look(site.root, "/file.txt/") == "not_found");
  CHECK(look(site.root, "/file.txt/more") == "not_found");
}

TEST_CASE("what is opened tells size and time of that file", "[document_root]") {
  const Site site;
  struct stat status {};
  REQUIRE(::stat(site.in_root("file.txt").c_str(), &status) == 0);
  const Opened file = site.root.open("/file.txt");
  CHECK(file.size == 6);
  CHECK(file.modified == status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec);
  CHECK((::fcntl(file.file.fd(), F_GETFD) & FD_CLOEXEC) != 0);
  const Opened directory = site.root.open("/empty");
  CHECK(directory.modified != 0);
  CHECK_FALSE(directory.file);
}

TEST_CASE("no path leaves the root", "[document_root]") {
  const Site site;
  for (const std::string_view path :
       {"/..", "/../outside/secret.txt", "/empty/../../outside/secret.txt",
        "/../../../../etc/passwd", "/deep/../../root/file.txt", "..", "../outside/secret.txt"}) {
    CAPTURE(path);
    CHECK(look(site.root, path) == "forbidden");
  }
  // A path that begins with several slashes is still taken from the root.
  CHECK(look(site.root, "//etc/passwd") == "not_found");
  CHECK(look(site.root, site.directory.path().string() + "/outside/secret.txt") == "not_found");
  CHECK(look(site.root, "/empty/../file.txt") == "\"inside\"");
}

TEST_CASE("symbolic links are followed while they are relative and stay inside",
          "[document_root]") {
  const Site site;
  site.link("file.txt", "to-file");
  site.link("deep/er", "to-directory");
  site.link("to-file", "to-link");
  site.link("../file.txt", "deep/up");
  site.link("../outside/secret.txt", "out");
  site.link("../outside", "out-directory");
  site.link("deep/../../outside/secret.txt", "out-and-about");
  site.link("../root/file.txt", "out-and-in");
  site.link(site.directory / "outside/secret.txt", "absolute-out");
  site.link(site.in_root("file.txt"), "absolute-in");
  site.link("/", "to-slash");
  site.link("loop-b", "loop-a");
  site.link("loop-a", "loop-b");
  site.link("nowhere", "dangling");
  CHECK(look(site.root, "/to-file") == "\"inside\"");
  CHECK(look(site.root, "/to-directory") == "directory");
  CHECK(look(site.root, "/to-directory/file.txt") == "\"deep\"");
  CHECK(look(site.root, "/to-link") == "\"inside\"");
  CHECK(look(site.root, "/deep/up") == "\"inside\"");
  CHECK(look(site.root, "/dangling") == "not_found");
  for (const std::string_view path :
       {"/out", "/out-directory", "/out-directory/secret.txt", "/out-and-about", "/out-and-in",
        "/absolute-out", "/absolute-in", "/to-slash", "/to-slash/etc/passwd", "/loop-a"}) {
    CAPTURE(path);
    CHECK(look(site.root, path) == "forbidden");
  }
}

TEST_CASE("magic links are not followed", "[document_root]") {
  const DocumentRoot proc("/proc/self");
  CHECK(look(proc, "/cwd") == "forbidden");
  CHECK(look(proc, "/exe") == "forbidden");
  CHECK(look(proc, "/root/etc/passwd") == "forbidden");
}

TEST_CASE("what is neither file nor directory is refused at once", "[document_root]") {
  const Site site;
  REQUIRE(::mkfifo(site.in_root("fifo").c_str(), 0600) == 0);
  CHECK(look(site.root, "/fifo") == "forbidden");

  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, site.in_root("socket").c_str(), sizeof address.sun_path - 1);
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK(look(site.root, "/socket") == "forbidden");

  const DocumentRoot devices("/dev");
  CHECK(look(devices, "/null") == "forbidden");
  CHECK(look(devices, "/zero") == "forbidden");
}

TEST_CASE("a file that may not be read is forbidden", "[document_root]") {
  const Site site;
  if (::geteuid() == 0) {
    WARN("not tried: root may read everything");
    return;
  }
  fs::permissions(site.in_root("file.txt"), fs::perms::none);
  CHECK(look(site.root, "/file.txt") == "forbidden");
  fs::permissions(site.in_root("deep"), fs::perms::none);
  CHECK(look(site.root, "/deep/er/file.txt") == "forbidden");
  fs::permissions(site.in_root("deep"), fs::perms::owner_all);
}

TEST_CASE("names that no file can have are not found", "[document_root]") {
  const Site site;
  CHECK(look(site.root, "/" + std::string(NAME_MAX, 'x')) == "not_found");
  CHECK(look(site.root, "/" + std::string(NAME_MAX + 1, 'x')) == "not_found");
  for (const std::size_t size : {PATH_MAX - 1, PATH_MAX, PATH_MAX + 1, 100'000}) {
    std::string path;
    while (path.size() < size) path += "/x";
    CAPTURE(size);
    CHECK(look(site.root, path) == "not_found");
  }
  // Many slashes and dots are a long name for a short way.
  std::string dots;
  while (dots.size() < 3000) dots += "/.";
  CHECK(look(site.root, dots + "/file.txt") == "\"inside\"");
  using namespace std::string_view_literals;
  CHECK(look(site.root, "/file.txt\0"sv) == "not_found");
  CHECK(look(site.root, "/file.txt\0.png"sv) == "not_found");
  CHECK(look(site.root, "\0"sv) == "not_found");
  CHECK(look(site.root, "/\xff\xfe\n\"") == "not_found");
}

TEST_CASE("a root must be a directory that is there", "[document_root]") {
  const TempDir directory;
  const auto code_of = [](const fs::path& path) {
    try {
      const DocumentRoot root(path);
    } catch (const std::system_error& error) {
      return error.code().value();
    }
    return 0;
  };
  CHECK(code_of(directory / "missing") == ENOENT);
  CHECK(code_of(directory.write("file", "text")) == ENOTDIR);
  CHECK(code_of("") == ENOENT);
  CHECK(code_of(directory.path()) == 0);
}

TEST_CASE("a root that is a link may be flipped", "[document_root]") {
  const TempDir directory;
  directory.write("v1/file.txt", "one");
  directory.write("v2/file.txt", "two");
  fs::create_symlink("v1", directory / "current");
  const DocumentRoot root(directory / "current");
  CHECK(look(root, "/file.txt") == "\"one\"");
  fs::create_symlink("v2", directory / "next");
  fs::rename(directory / "next", directory / "current");
  eventually([&] { return look(root, "/file.txt") == "\"two\""; });

  // Without a root the last one stays; what takes its name is served.
  fs::remove(directory / "current");
  CHECK(look(root, "/file.txt") == "\"two\"");
  directory.write("current/file.txt", "three");
  eventually([&] { return look(root, "/file.txt") == "\"three\""; });
}

TEST_CASE("a flip is seen as one or the other, from any thread", "[document_root]") {
  const TempDir directory;
  directory.write("v1/file.txt", "one");
  directory.write("v2/file.txt", "two");
  fs::create_symlink("v1", directory / "current");
  const DocumentRoot root(directory / "current");
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&] {
      while (!done) {
        const std::string text = look(root, "/file.txt");
        if (text != "\"one\"" && text != "\"two\"") ++wrong;
      }
    });
  }
  for (const char* version : {"v2", "v1", "v2"}) {
    fs::create_symlink(version, directory / "next");
    fs::rename(directory / "next", directory / "current");
    const std::string expected = version == std::string("v2") ? "\"two\"" : "\"one\"";
    eventually([&] { return look(root, "/file.txt") == expected; });
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(wrong == 0);
}

TEST_CASE("without descriptors a document root is busy, and gets over it", "[document_root]") {
  const Site site;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  std::vector<UniqueFd> taken;
  rlimit low = before;
  low.rlim_cur = 64;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  for (;;) {
    UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!fd) break;
    taken.push_back(std::move(fd));
  }
  const OpenError error = site.root.open("/file.txt").error;
  taken.clear();
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(error == OpenError::busy);
  CHECK(look(site.root, "/file.txt") == "\"inside\"");
}

TEST_CASE("a link swapped in while a file is opened never leads outside", "[document_root]") {
  const Site site;
  site.directory.write("outside/file.txt", "secret");
  std::atomic<bool> done{false};
  // The file is in turn a file, a link to the outside, and gone; a directory on the way likewise.
  std::thread swapper([&] {
    while (!done) {
      site.directory.write("root/new.txt", "inside");
      fs::rename(site.in_root("new.txt"), site.in_root("file.txt"));
      fs::rename(site.in_root("deep"), site.in_root("moved"));
      site.link("../outside", "deep");
      site.link("../outside/secret.txt", "new.txt");
      fs::rename(site.in_root("new.txt"), site.in_root("file.txt"));
      fs::remove(site.in_root("deep"));
      fs::rename(site.in_root("moved"), site.in_root("deep"));
    }
  });
  int secrets = 0;
  int served = 0;
  int refused = 0;
  // However the two threads get their turns, until both have been met often.
  while (secrets == 0 && (served < 1000 || refused < 1000)) {
    for (const std::string_view path : {"/file.txt", "/deep/file.txt", "/deep/er/file.txt"}) {
      const std::string text = look(site.root, path);
      secrets += text == "\"secret\"" ? 1 : 0;
      served += text == "\"inside\"" || text == "\"deep\"" ? 1 : 0;
      refused += text == "forbidden" ? 1 : 0;
    }
  }
  done = true;
  swapper.join();
  CHECK(secrets == 0);
  CHECK(served >= 1000);
  CHECK(refused >= 1000);
}
