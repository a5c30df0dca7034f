#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "catena/testing/test_chain.hpp"
#include "support/captured_output.hpp"
#include "support/catch.hpp"
#include "support/options.hpp"
#include "support/temp_dir.hpp"

namespace catena::plugins {
Plugin static_file();
}

namespace {

using catena::plugins::static_file;
using catena::testing::complaints;
using catena::testing::HttpResponse;
using catena::testing::TempDir;
using catena::testing::TestChain;

constexpr std::time_t new_year_2020 = 1'577'836'800;

/// A site with "/app.js", and copies of it as the test wants them. Their contents are their names:
/// nothing looks into them.
class Site {
 public:
  explicit Site(std::string_view options = "{}") {
    add("app.js");
    chain_.root(files_.path()).add(static_file(), options);
  }

  /// Writes a file that was modified so many nanoseconds after the start of the year.
  Site& add(std::string_view name, long long after = 500'000'000) {
    constexpr long long second = 1'000'000'000;
    const timespec time{new_year_2020 + after / second, after % second};
    const timespec times[2] = {time, time};
    const std::filesystem::path file = files_.write(name, name);
    if (::utimensat(AT_FDCWD, file.c_str(), times, 0) != 0) throw std::runtime_error("utimensat");
    return *this;
  }

  const TempDir& files() const { return files_; }
  TestChain& chain() { return chain_; }
  HttpResponse get(const std::string& accept_encoding, TestChain::Fields fields = {}) {
    fields.emplace_back("Accept-Encoding", accept_encoding);
    return chain_.get("/app.js", fields);
  }

 private:
  TempDir files_;
  TestChain chain_;
};

}  // namespace

TEST_CASE("static_file sends the copy that Accept-Encoding asks for most", "[plugins]") {
  struct Case {
    std::string accept;
    std::string body;
  };
  const std::vector<Case> cases{
      {"gzip", "app.js.gz"},
      {"zstd", "app.js.zst"},
      {"br", "app.js.br"},
      {"BR", "app.js.br"},
      {"x-gzip", "app.js.gz"},
      {"gzip, deflate, br, zstd", "app.js.br"},
      {"gzip, zstd", "app.js.zst"},
      {"gzip;q=1.0, br;q=0.9", "app.js.gz"},
      {"gzip;q=0.001", "app.js.gz"},
      {"br;q=0.5, gzip;q=0.5", "app.js.br"},
      {"*", "app.js.br"},
      {"*;q=0.1", "app.js.br"},
      {"br;q=0, *", "app.js.zst"},
      {"gzip, *;q=0", "app.js.gz"},
      {"gzip;q=0.5, identity;q=0.5", "app.js.gz"},
      {"gzip;q=0.5, *;q=0.7", "app.js.br"},
      {"gzip;q=0.4, *;q=0.1", "app.js.gz"},
      {"identity;q=0, gzip;q=0.2", "app.js.gz"},
      {" gzip ; q=0.5 ,\t br;q=0.4", "app.js.gz"},

      {"", "app.js"},
      {"identity", "app.js"},
      {"deflate", "app.js"},
      {"gzip;q=0", "app.js"},
      {"gzip;q=0.000", "app.js"},
      {"*;q=0", "app.js"},
      {"gzip;q=0.5, identity", "app.js"},
      {"gzip;q=0.5, identity;q=0.6", "app.js"},
      {"gzip;q=2", "app.js"},
      {"gzipped", "app.js"},
      {"identity;q=0", "app.js"},  // there is nothing that it takes
  };
  Site site;
  site.add("app.js.br").add("app.js.zst").add("app.js.gz");
  for (const Case& test_case : cases) {
    CAPTURE(test_case.accept);
    const HttpResponse response = site.get(test_case.accept);
    CHECK(response.status == 200);
    CHECK(response.body == test_case.body);
    CHECK(response.has("Content-Encoding") == (test_case.body != "app.js"));
    CHECK(response.header("Vary") == "Accept-Encoding");
    CHECK(response.header("Content-Type") == "text/javascript; charset=utf-8");
  }
  CHECK(site.chain().get("/app.js").body == "app.js");
}

TEST_CASE("static_file reads all lines of Accept-Encoding as one list", "[plugins]") {
  Site site;
  site.add("app.js.gz").add("app.js.br");
  CHECK(site.get("gzip;q=0.5", {{"Accept-Encoding", "br"}}).body == "app.js.br");
  CHECK(site.get("br;q=0", {{"Accept-Encoding", "gzip"}}).body == "app.js.gz");
}

TEST_CASE("static_file gives each copy its own validators", "[plugins]") {
  Site site;
  site.add("app.js.gz").add("app.js.br", 600'000'000);
  const HttpResponse plain = site.get("identity");
  const HttpResponse gzip = site.get("gzip");
  const HttpResponse br = site.get("br");
  CHECK(gzip.header("Content-Encoding") == "gzip");
  CHECK(br.header("Content-Encoding") == "br");
  CHECK(gzip.header("ETag") == "\"15e59a35d7576500-9-gzip\"");
  CHECK(br.header("ETag") == "\"15e59a35dd4d4600-9-br\"");
  CHECK(plain.header("ETag") == "\"15e59a35d7576500-6\"");

  const auto status = [&](const std::string& accept, const std::string& name,
                          const HttpResponse& of) {
    return site.get(accept, {{name, of.header("ETag")}}).status;
  };
  CHECK(status("gzip", "If-None-Match", gzip) == 304);
  CHECK(status("gzip", "If-None-Match", plain) == 200);
  CHECK(status("identity", "If-None-Match", gzip) == 200);
  CHECK(status("br", "If-Match", br) == 200);
  CHECK(status("br", "If-Match", gzip) == 412);

  const HttpResponse not_modified = site.get("gzip", {{"If-None-Match", gzip.header("ETag")}});
  CHECK(not_modified.header("ETag") == gzip.header("ETag"));
  CHECK(not_modified.header("Vary") == "Accept-Encoding");
  CHECK_FALSE(not_modified.has("Content-Encoding"));
}

TEST_CASE("static_file tells two codings apart that are of one size and time", "[plugins]") {
  Site site;
  site.add("app.js.gz").add("app.js.br");
  site.files().write("app.js.br", "ninebytes");
  site.files().write("app.js.gz", "ninebytes");
  site.add("app.js.br").add("app.js.gz");
  CHECK(site.get("br").header("ETag") != site.get("gzip").header("ETag"));
}

TEST_CASE("static_file takes ranges of the copy that it sends", "[plugins]") {
  Site site;
  site.add("app.js.gz");
  const HttpResponse part = site.get("gzip", {{"Range", "bytes=-2"}});
  CHECK(part.status == 206);
  CHECK(part.body == "gz");
  CHECK(part.header("Content-Range") == "bytes 7-8/9");
  CHECK(part.header("Content-Encoding") == "gzip");
  const HttpResponse beyond = site.get("gzip", {{"Range", "bytes=9-"}});
  CHECK(beyond.status == 416);
  CHECK(beyond.header("Content-Range") == "bytes */9");
  CHECK_FALSE(beyond.has("Content-Encoding"));
  const HttpResponse other = site.get("gzip", {{"Range", "bytes=-2"}, {"If-Range", "\"x\""}});
  CHECK(other.status == 200);
  CHECK(other.body == "app.js.gz");
}

TEST_CASE("static_file varies only where there is something to vary", "[plugins]") {
  Site site;
  for (const std::string accept : {"gzip, br", "identity"}) {
    const HttpResponse alone = site.get(accept);
    CHECK(alone.body == "app.js");
    CHECK_FALSE(alone.has("Vary"));
    CHECK_FALSE(alone.has("Content-Encoding"));
  }
  site.add("app.js.zst");
  CHECK(site.get("gzip").header("Vary") == "Accept-Encoding");
  CHECK_FALSE(site.get("gzip").has("Content-Encoding"));
  CHECK(site.chain().request("HEAD", "/app.js").header("Vary") == "Accept-Encoding");
}

TEST_CASE("static_file serves a compressed file as what it is when it is asked for by name",
          "[plugins]") {
  Site site;
  site.add("app.js.gz");
  const HttpResponse response = site.chain().get("/app.js.gz", {{"Accept-Encoding", "gzip"}});
  CHECK(response.body == "app.js.gz");
  CHECK(response.header("Content-Type") == "application/gzip");
  CHECK_FALSE(response.has("Content-Encoding"));
}

TEST_CASE("static_file sends no copy of a file that is not there", "[plugins]") {
  Site site;
  site.add("gone.js.gz");
  CHECK(site.chain().get("/gone.js", {{"Accept-Encoding", "gzip"}}).status == 404);
}

TEST_CASE("static_file takes only files, and only from beneath the root, for copies", "[plugins]") {
  Site site;
  std::filesystem::create_directory(site.files() / "app.js.br");
  REQUIRE(::mkfifo((site.files() / "app.js.zst").c_str(), 0600) == 0);
  std::filesystem::create_symlink("/etc/passwd", site.files() / "app.js.gz");
  const HttpResponse response = site.get("br, zstd, gzip");
  CHECK(response.status == 200);
  CHECK(response.body == "app.js");
  CHECK_FALSE(response.has("Vary"));
}

TEST_CASE("static_file does not send a copy older than its file, and tells that once",
          "[plugins]") {
  Site site;
  site.add("app.js.gz", 499'999'999).add("app.js.br", -3'600'000'000'000);
  const CapturedOutput errors(STDERR_FILENO);
  for (int times = 0; times < 3; ++times) {
    const HttpResponse response = site.get("gzip, br");
    CHECK(response.body == "app.js");
    CHECK_FALSE(response.has("Vary"));
  }
  catena::log::flush();
  const std::string log = errors.text();
  const std::string told = (site.files() / "app.js.gz").string() +
                           "\" is older than the file that it is a compressed copy of, and is not "
                           "sent; compress the file again";
  const std::size_t at = log.find(told);
  REQUIRE(at != std::string::npos);
  CHECK(log.find(told, at + 1) == std::string::npos);
  CHECK(log.find("app.js.br\"") != std::string::npos);
}

TEST_CASE("static_file takes a copy whose time was carried over in whole seconds", "[plugins]") {
  Site site;
  site.add("app.js.br", 0);
  CHECK(site.get("br").body == "app.js.br");
  site.add("app.js", 1'000'000'000);
  CHECK(site.get("br").body == "app.js");
}

TEST_CASE("static_file looks for the copies that its option names, in that order", "[plugins]") {
  Site gzip_first(R"({"precompressed": ["gzip", "br"]})");
  gzip_first.add("app.js.br").add("app.js.zst").add("app.js.gz");
  CHECK(gzip_first.get("br, gzip").body == "app.js.gz");
  CHECK(gzip_first.get("br, gzip;q=0.9").body == "app.js.br");
  CHECK(gzip_first.get("zstd").body == "app.js");

  Site none(R"({"precompressed": []})");
  none.add("app.js.gz");
  const HttpResponse response = none.get("gzip");
  CHECK(response.body == "app.js");
  CHECK_FALSE(response.has("Vary"));

  CHECK(complaints(static_file(), R"({"precompressed": ["deflate"]})")
            .find(R"(/precompressed/0: expected "br", "zstd" or "gzip", got "deflate")") !=
        std::string::npos);
}
