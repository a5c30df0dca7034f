// The real binary keeps what it has opened, and never serves what was there before: requests that
// begin more than 200 ms after a change get the new content. Here they begin after twice that, so
// that a busy machine does not fail the test.

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catena/http/unique_fd.hpp"
#include "e2e/running_server.hpp"
#include "support/catch.hpp"

using namespace catena::testing;
using std::chrono::milliseconds;
namespace fs = std::filesystem;

namespace {

constexpr milliseconds long_enough{400};

struct Change {
  std::string name;
  std::function<void(const TempDir&)> make;
  std::string path;
  std::string expected;  ///< the body after it, or the status
};

void write_in_place(const fs::path& path, std::string_view text) {
  const catena::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  REQUIRE(::pwrite(file.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
}

void replace(const TempDir& directory, std::string_view text, const fs::path& path) {
  fs::rename(directory.write("elsewhere", text), path);
}

std::string answer(SocketClient& client, const std::string& path) {
  const HttpResponse response = client.get(path);
  return response.status == 200 ? response.body : std::to_string(response.status);
}

}  // namespace

TEST_CASE("after any change no request gets old bytes", "[e2e][open_files]") {
  const TempDir directory;
  for (const char* name : {"inplace", "replaced", "truncated", "removed", "directory", "linked"}) {
    directory.write(std::string("v1/") + name, "old content");
  }
  directory.write("v1/large", std::string(100'000, 'o'));
  directory.write("v1/moved/deep/file", "old content");
  directory.write("v1/index.html", "first");
  directory.write("v2/index.html", "second");
  fs::create_hard_link(directory / "v1/linked", directory / "other-name");
  fs::create_symlink("replaced", directory / "v1/link");
  fs::create_symlink("v1", directory / "root");
  const std::vector<Change> changes{
      {"in place", [](const TempDir& in) { write_in_place(in / "v1/inplace", "new content"); },
       "/inplace", "new content"},
      {"in place, large",
       [](const TempDir& in) { write_in_place(in / "v1/large", std::string(100'000, 'n')); },
       "/large", std::string(100'000, 'n')},
      {"replaced", [](const TempDir& in) { replace(in, "other content", in / "v1/replaced"); },
       "/replaced", "other content"},
      {"the same by a link", [](const TempDir&) {}, "/link", "other content"},
      {"truncated", [](const TempDir& in) { fs::resize_file(in / "v1/truncated", 3); },
       "/truncated", "old"},
      {"removed", [](const TempDir& in) { fs::remove(in / "v1/removed"); }, "/removed", "404"},
      {"created", [](const TempDir& in) { in.write("v1/missing", "there"); }, "/missing", "there"},
      {"made a directory",
       [](const TempDir& in) {
         fs::remove(in / "v1/directory");
         fs::create_directory(in / "v1/directory");
       },
       "/directory", "301"},
      {"by another name",
       [](const TempDir& in) { write_in_place(in / "other-name", "new content"); }, "/linked",
       "new content"},
      {"its directory moved",
       [](const TempDir& in) { fs::rename(in / "v1/moved", in / "v1/away"); }, "/moved/deep/file",
       "404"},
      {"and back, with another content",
       [](const TempDir& in) {
         in.write("v1/away/deep/file", "new content");
         fs::rename(in / "v1/away", in / "v1/moved");
       },
       "/moved/deep/file", "new content"},
      {"the root flipped",
       [](const TempDir& in) {
         fs::create_symlink("v2", in / "next");
         fs::rename(in / "next", in / "root");
       },
       "/", "second"},
  };
  Process::Setup setup;
  setup.arguments = {"--root", (directory / "root").string()};
  RunningServer server(std::move(setup));
  SocketClient client = server.connect();
  const std::string strong = [&] {
    std::string tag;
    eventually([&] {
      tag = client.get("/").header("ETag");
      return tag.substr(0, 1) == "\"";
    });
    return tag;
  }();
  for (const Change& change : changes) {
    CAPTURE(change.name, change.path);
    for (int times = 0; times < 5; ++times) answer(client, change.path);
    change.make(directory);
    std::this_thread::sleep_for(long_enough);
    for (int times = 0; times < 3; ++times) CHECK(answer(client, change.path) == change.expected);
  }
  CHECK(client.get("/", "If-None-Match: " + strong + "\r\n").status == 200);
}

TEST_CASE("compressed copies that come, change and go beside a file are seen",
          "[e2e][open_files]") {
  const TempDir directory;
  directory.write("root/app.js", "the file");
  Process::Setup setup;
  setup.arguments = {"--root", (directory / "root").string()};
  RunningServer server(std::move(setup));
  SocketClient client = server.connect();
  const auto becomes = [&](const std::string& body, const std::string& coding) {
    std::this_thread::sleep_for(long_enough);
    for (int times = 0; times < 5; ++times) {
      const HttpResponse response = client.get("/app.js", "Accept-Encoding: gzip, br\r\n");
      CHECK(response.body == body);
      CHECK(response.header("Content-Encoding") == coding);
      CHECK(response.has("Vary") == !coding.empty());
    }
  };
  becomes("the file", "");
  replace(directory, "gzip copy", directory / "root/app.js.gz");
  becomes("gzip copy", "gzip");
  replace(directory, "br copy", directory / "root/app.js.br");
  becomes("br copy", "br");
  replace(directory, "another br copy", directory / "root/app.js.br");
  becomes("another br copy", "br");
  fs::remove(directory / "root/app.js.br");
  becomes("gzip copy", "gzip");
  replace(directory, "a newer file", directory / "root/app.js");
  becomes("a newer file", "");
  fs::remove(directory / "root/app.js.gz");
  becomes("a newer file", "");
  replace(directory, "gzip again", directory / "root/app.js.gz");
  becomes("gzip again", "gzip");
}
