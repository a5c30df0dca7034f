#include <stdlib.h>

#include <catena/testing.hpp>
#include <catena/testing/catch.hpp>
#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

catena::Plugin upload();

using namespace catena::testing;
using Then = catena::MemoryStream::Then;

namespace {

/// A directory of the test's own, gone at its end.
struct Directory {
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "upload-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no directory: " + name);
    path = name;
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { std::filesystem::remove_all(path); }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name, std::ios::binary) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(path / name, std::ios::binary);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  std::filesystem::path path;
};

/// A directory, and a chain that takes uploads into it.
struct Uploads {
  explicit Uploads(const std::string& more_options = "") {
    chain.add(upload(), R"({"directory": ")" + directory.path.string() + "\"" + more_options + "}");
  }
  int put(const std::string& target, const std::string& body, const std::string& method = "PUT") {
    const TestChain::Fields empty{{"Content-Length", "0"}};
    return chain.request(method, target, body.empty() ? empty : TestChain::Fields{}, body).status;
  }
  /// The names of all files, hidden ones included.
  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path)) {
      found.insert(entry.path().filename());
    }
    return found;
  }

  Directory directory;
  TestChain chain;
};

using Names = std::set<std::string>;

std::string chunked_put(const std::string& chunks) {
  return "PUT /file HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks;
}

}  // namespace

TEST_CASE("upload makes a file of what is sent", "[examples]") {
  Uploads uploads;
  const std::string large(1'000'000, 'x');
  CHECK(uploads.put("/file.txt", "content") == 201);
  CHECK(uploads.put("/large", large, "POST") == 201);
  CHECK(uploads.put("/empty", "") == 201);
  CHECK(uploads.put("/two%20words", "here") == 201);
  CHECK(uploads.chain.exchange(chunked_put("4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n")).at(0).status ==
        201);
  CHECK(uploads.names() == Names{"empty", "file", "file.txt", "large", "two words"});
  CHECK(uploads.directory.read("file.txt") == "content");
  CHECK(uploads.directory.read("large") == large);
  CHECK(uploads.directory.read("empty").empty());
  CHECK(uploads.directory.read("file") == "Wikipedia");
}

TEST_CASE("upload replaces a file only when it may", "[examples]") {
  Uploads careful;
  careful.directory.write("file", "old");
  CHECK(careful.put("/file", "new") == 409);
  CHECK(careful.directory.read("file") == "old");

  Uploads free(R"(, "replace": true)");
  free.directory.write("file", "old");
  CHECK(free.put("/file", "new") == 201);
  CHECK(free.directory.read("file") == "new");
  CHECK(free.names() == Names{"file"});
}

TEST_CASE("upload does not overwrite a file that came while it read", "[examples]") {
  Uploads uploads;
  class Meddler : public catena::MemoryStream {
   public:
    Meddler(std::deque<std::string> pieces, const Directory& directory)
        : MemoryStream(std::move(pieces)), directory_(directory) {}
    catena::IoResult read(std::span<char> into, catena::Deadline deadline) override {
      if (++reads_ == 2) directory_.write("file", "first");
      return MemoryStream::read(into, deadline);
    }

   private:
    const Directory& directory_;
    int reads_ = 0;
  };
  Meddler stream({chunked_put("4\r\nWiki\r\n"), "0\r\n\r\n"}, uploads.directory);
  uploads.chain.serve(stream);
  CHECK(take_responses(stream.output(), true).at(0).status == 409);
  CHECK(uploads.directory.read("file") == "first");
  CHECK(uploads.names() == Names{"file"});
}

TEST_CASE("upload refuses names that lead elsewhere or hide", "[examples]") {
  Uploads uploads;
  for (const char* target :
       {"/", "/a/b", "/.hidden", "/.upload-x", "/..%2f..%2fetc%2fpasswd", "/a%2fb", "/../file"}) {
    INFO(target);
    CHECK(uploads.put(target, "content") == 403);
  }
  CHECK(uploads.put("/" + std::string(300, 'x'), "content") == 403);
  CHECK(uploads.names().empty());
}

TEST_CASE("upload keeps to its limit, whatever the server's is", "[examples]") {
  Uploads uploads(R"(, "limit": "2MiB")");
  CHECK(uploads.put("/fits", std::string(2 * 1024 * 1024, 'x')) == 201);
  CHECK(uploads.put("/larger", std::string(2 * 1024 * 1024 + 1, 'x')) == 413);
  Uploads small(R"(, "limit": 5)");
  CHECK(small.chain.exchange(chunked_put("4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n")).at(0).status ==
        413);
  CHECK(uploads.names() == Names{"fits"});
  CHECK(small.names().empty());
}

TEST_CASE("upload wants to know that there is content", "[examples]") {
  Uploads uploads;
  CHECK(uploads.chain.request("PUT", "/file").status == 411);
  CHECK(uploads.names().empty());
}

TEST_CASE("upload leaves nothing of what did not come whole", "[examples]") {
  Uploads uploads;
  const auto then = GENERATE(Then::end, Then::gone, Then::timeout);
  uploads.chain.raw({chunked_put("4\r\nWiki\r\n"), "5\r\npe"}, then);
  uploads.chain.raw({"PUT /file HTTP/1.1\r\nHost: test\r\nContent-Length: 9\r\n\r\nWiki"}, then);
  uploads.chain.raw({chunked_put("4\r\nWiki\r\nnonsense\r\n")}, then);
  CHECK(uploads.names().empty());
}

TEST_CASE("upload refuses before it asks for the body", "[examples]") {
  Uploads uploads(R"(, "limit": 5)");
  const std::string output = uploads.chain.raw(
      {"PUT /file HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\n"});
  CHECK(output.rfind("HTTP/1.1 413 ", 0) == 0);
}

TEST_CASE("upload removes what a crash left, and no other file", "[examples]") {
  Uploads uploads;
  for (const char* name : {".upload-old", ".upload-new", "old"}) {
    uploads.directory.write(name, "content");
    if (name == std::string_view(".upload-new")) continue;
    const auto long_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(48);
    std::filesystem::last_write_time(uploads.directory.path / name, long_ago);
  }
  uploads.put("/file", "content");  // begins
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (uploads.names().count(".upload-old") > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  CHECK(uploads.names() == Names{".upload-new", "file", "old"});
}

TEST_CASE("upload writes nothing in a dry run", "[examples]") {
  Uploads uploads;
  uploads.chain.dry_run(true);
  CHECK(uploads.put("/file", "content") == 201);
  CHECK(uploads.put("/.file", "content") == 403);
  CHECK(uploads.names().empty());
}

TEST_CASE("upload passes other methods on", "[examples]") {
  Uploads uploads;
  uploads.chain.add([](catena::Exchange& exchange, catena::Next&) {
    exchange.response.set_status(catena::Status::ok);
  });
  CHECK(uploads.chain.get("/file").status == 200);
}

TEST_CASE("upload does not start without its directory", "[examples]") {
  const Directory directory;
  TestChain chain;
  chain.add(upload(), R"({"directory": ")" + (directory.path / "missing").string() + R"("})");
  CHECK_THROWS_AS(chain.get("/"), std::runtime_error);
}
