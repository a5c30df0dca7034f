#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

using namespace catena::testing;

namespace {

Finished explain(const TempDir& directory, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(),
                   {"explain", "--config", (directory.path() / "site.json").string()});
  Process::Setup setup;
  setup.arguments = std::move(arguments);
  return run(CATENA_BINARY, std::move(setup));
}

/// A site with a chain in a chain.
void write_site(const TempDir& directory) {
  directory.write("docs/index.html", "the docs");
  directory.write("site.json", R"({
    "root": "docs",
    "chain": [
      {"plugin": "access_log", "file": "access.log"},
      {"plugin": "error_pages"},
      {"plugin": "route", "routes": [{"host": ["docs.example"], "chain": [
        {"plugin": "index_resolver"}, {"plugin": "static_file"}]}]},
      {"plugin": "method_filter", "allow": ["GET"]}
    ],
    "expect": [{"request": "GET /", "with": {"Host": "docs.example"}, "status": 200}]})");
}

}  // namespace

TEST_CASE("catena explain shows the walk, chains in chains included", "[e2e]") {
  const TempDir directory;
  write_site(directory);
  const Finished walk = explain(directory, {"/", "-H", "Host: docs.example"});
  CHECK(walk.exit_code == 0);
  CHECK(walk.errors.empty());
  std::size_t at = 0;
  for (const std::string part :
       {"GET /\n", "  access_log", "passed on", " µs\n", "  error_pages", "  route",
        "ran a chain of its own", "because: route 0, by host", "    index_resolver",
        "because: / is a directory's, and index.html", "path /index.html", "    static_file",
        "answered", "status 200", "+ ETag: ", "body 8 bytes", "200 OK", "  Content-Length: 8\n",
        "(8 bytes of content)"}) {
    CAPTURE(part, walk.output);
    at = walk.output.find(part, at);
    REQUIRE(at != std::string::npos);
  }
  // It was only tried.
  CHECK_FALSE(std::filesystem::exists(directory.path() / "access.log"));
}

TEST_CASE("catena explain tells why a request is refused", "[e2e]") {
  const TempDir directory;
  write_site(directory);
  const Finished refused = explain(directory, {"DELETE", "/x"});
  CHECK(refused.exit_code == 0);
  CHECK_THAT(refused.output, ContainsSubstring("because: no route matches"));
  CHECK_THAT(refused.output, ContainsSubstring("because: DELETE is not among GET"));
  CHECK_THAT(refused.output, ContainsSubstring("passed on, then amended"));
  CHECK_THAT(refused.output, ContainsSubstring("405 Method Not Allowed"));
  const Finished malformed = explain(directory, {"/%00"});
  CHECK(malformed.exit_code == 0);
  CHECK_THAT(malformed.output, ContainsSubstring("the parser refused it: the "));
  CHECK_THAT(malformed.output, ContainsSubstring("400 Bad Request"));
  const Finished for_programs = explain(directory, {"--json", "/%zz"});
  CHECK(for_programs.exit_code == 0);
  CHECK_THAT(for_programs.output, ContainsSubstring("\"refused\": \"the "));
}

TEST_CASE("catena explain prints JSON for programs", "[e2e]") {
  const TempDir directory;
  write_site(directory);
  const Finished walk = explain(directory, {"--json", "HEAD", "/", "-H", "Host: docs.example"});
  CHECK(walk.exit_code == 0);
  for (const std::string part :
       {"\"method\": \"HEAD\"", "\"refused\": null", "\"handler\": \"static_file\"", "\"depth\": 1",
        "\"because\": [", "\"verdict\": \"answered\"", "\"before\": [", "\"after\": [",
        "\"microseconds\": ", "\"status\": 200", "\"name\": \"Content-Length\"",
        "\"content_bytes\": 0"}) {
    CHECK_THAT(walk.output, ContainsSubstring(part));
  }
}

TEST_CASE("catena explain says what is wrong with its arguments", "[e2e]") {
  const TempDir directory;
  write_site(directory);
  for (const auto& [arguments, part] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{}, "REQUEST"},
           {{"G T", "/"}, "expected a method and a target"},
           {{"/", "-H", "no colon"}, "expected a field, as in -H 'Accept: text/html'"},
           {{"/", "-H", "A b: c"}, "expected a field"}}) {
    const Finished finished = explain(directory, arguments);
    CHECK(finished.exit_code == 2);
    CHECK_THAT(finished.errors, ContainsSubstring(part));
  }
}

TEST_CASE("catena check tries what a configuration expects of itself", "[e2e]") {
  const TempDir directory;
  write_site(directory);
  const auto check = [&] {
    Process::Setup setup;
    setup.arguments = {"check", "--config", (directory.path() / "site.json").string()};
    return run(CATENA_BINARY, std::move(setup));
  };
  CHECK(check().exit_code == 0);
  std::filesystem::remove(directory.path() / "docs/index.html");
  const Finished failed = check();
  CHECK(failed.exit_code == 2);
  CHECK_THAT(failed.errors,
             ContainsSubstring("/expect/0/status: \"GET /\" is answered 403, not 200"));
}
