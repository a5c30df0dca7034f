#include <sstream>
#include <string>
#include <vector>

#include "e2e/running_server.hpp"
#include "support/catch.hpp"

using namespace catena::testing;

namespace {

Finished run_catena(std::vector<std::string> arguments,
                    const std::filesystem::path& directory = {}) {
  return run(CATENA_BINARY, {std::move(arguments), directory, {}, 0, -1});
}

}  // namespace

TEST_CASE("help and version succeed, for commands too", "[e2e]") {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"--help"}, {"serve", "--help"}, {"check", "--help"}, {"plugins", "--help"}}) {
    const Finished finished = run_catena(arguments);
    CHECK(finished.exit_code == 0);
    CHECK_THAT(finished.output, ContainsSubstring("Usage"));
  }
  const Finished version = run_catena({"--version"});
  CHECK(version.exit_code == 0);
  CHECK(version.output == "catena 0.1.0\n");
}

TEST_CASE("a wrong command line is exit code 2 and says why", "[e2e]") {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"sevre"}, "no command \"sevre\"; did you mean \"serve\"?"},
      {{"--prot", "1"}, "--prot"},
      {{"--port", "65536"}, "--port"},
      {{"--port", "http"}, "--port"},
      {{"--log-level", "loud"}, "--log-level"},
      {{"--root"}, "--root"},
      {{"plugins", "statc_file"}, "did you mean \"static_file\"?"},
  };
  for (const auto& [arguments, part] : cases) {
    const Finished finished = run_catena(arguments);
    CAPTURE(arguments);
    CHECK(finished.exit_code == 2);
    CHECK(finished.output.empty());
    CHECK_THAT(finished.errors, ContainsSubstring(part));
  }
}

TEST_CASE("catena config prints a configuration that checks and serves", "[e2e]") {
  const TempDir directory;
  const Finished printed = run_catena({"config"});
  CHECK(printed.exit_code == 0);
  CHECK(printed.output ==
        read_file(std::filesystem::path(CATENA_SOURCE_DIR) / "server/default.json"));

  directory.write("webroot/index.html", "home");
  const std::string file = directory.write("site.json", printed.output).string();
  const Finished checked = run_catena({"check", "--config", file});
  CHECK(checked.exit_code == 0);
  CHECK(checked.output.empty());
  CHECK(checked.errors.empty());

  RunningServer server({{"--config", file}, {}, {}, 0, -1});
  CHECK(server.connect().get("/").body == "home");
}

TEST_CASE("check tells all mistakes with their places", "[e2e]") {
  const TempDir directory;
  directory.write("public/index.html", "home");
  directory.write("site.json", R"({
  "server": { "listen": ["127.0.0.1"] },
  "root": "pubic",
  "chain": [
    { "plugin": "method_filter", "alow": ["GET"] },
    { "plugin": "statc_file" }
  ]
}
)");
  const Finished finished = run_catena({"check", "--config", "site.json"}, directory.path());
  CHECK(finished.exit_code == 2);
  CHECK(finished.output.empty());
  CHECK(
      finished.errors ==
      "site.json:2:26: /server/listen/0: expected \"host:port\", \"[v6]:port\" or "
      "\"unix:PATH\", got \"127.0.0.1\"\n"
      "site.json:3:11: /root: can't serve from pubic: No such file or directory; name a directory "
      "that is there, here or with --root\n"
      "site.json:5:34: /chain/0/alow: unknown option of method_filter; did you mean \"allow\"?\n"
      "site.json:6:17: /chain/1/plugin: no plugin \"statc_file\"; did you mean \"static_file\"?\n");

  CHECK(run_catena({"--config", "site.json"}, directory.path()).exit_code == 2);
}

TEST_CASE("a configuration that can't be read is told by its path", "[e2e]") {
  const Finished finished = run_catena({"check", "--config", "/nowhere/site.json"});
  CHECK(finished.exit_code == 2);
  CHECK_THAT(finished.errors, ContainsSubstring("/nowhere/site.json"));
  CHECK_THAT(finished.errors, ContainsSubstring("no such file"));
}

TEST_CASE("catena plugins lists the plugins, and shows one with its options", "[e2e]") {
  const Finished all = run_catena({"plugins"});
  CHECK(all.exit_code == 0);
  for (const char* name : {"access_log", "error_pages", "index_resolver", "method_filter",
                           "static_file", "traversal_guard"}) {
    CHECK_THAT(all.output, ContainsSubstring(name));
  }
  const Finished one = run_catena({"plugins", "method_filter"});
  CHECK(one.exit_code == 0);
  CHECK_THAT(one.output, ContainsSubstring("allow"));
  CHECK_THAT(one.output, ContainsSubstring("[\"GET\",\"HEAD\"]"));
}

TEST_CASE("an address in use is exit code 1, with the address and what to do", "[e2e]") {
  const TempDir directory;
  RunningServer first(serving(directory));
  const std::string port = std::to_string(first.port());
  const Finished second = run_catena({"--root", directory.path().string(), "--port", port});
  CHECK(second.exit_code == 1);
  CHECK_THAT(second.errors, ContainsSubstring("can't listen on 127.0.0.1:" + port));
  CHECK_THAT(second.errors, ContainsSubstring("choose another port"));
}

TEST_CASE("a broken default chain can't hide: unknown keys are refused", "[e2e]") {
  const TempDir directory;
  const std::string file =
      directory.write("site.json", R"({"chain": [{"plugin": "error_pages"}], "rooot": "."})")
          .string();
  const Finished finished = run_catena({"check", "--config", file});
  CHECK(finished.exit_code == 2);
  CHECK_THAT(finished.errors, ContainsSubstring("did you mean \"root\"?"));
}

TEST_CASE("catena schema prints a schema with every plugin", "[e2e]") {
  const Finished printed = run_catena({"schema"});
  CHECK(printed.exit_code == 0);
  CHECK(printed.errors.empty());
  CHECK_THAT(printed.output,
             ContainsSubstring("\"$schema\": \"https://json-schema.org/draft/2020-12/schema\""));
  const Finished listed = run_catena({"plugins"});
  std::istringstream lines(listed.output);
  int plugins = 0;
  for (std::string line; std::getline(lines, line); ++plugins) {
    CHECK_THAT(printed.output,
               ContainsSubstring("\"plugin_" + line.substr(0, line.find(' ')) + "\": {"));
  }
  CHECK(plugins > 5);
}

TEST_CASE("a configuration takes from the environment and from other files", "[e2e]") {
  const TempDir directory;
  directory.write("site/hello.txt", "hello from below");
  directory.write("parts/front.json",
                  "[{\"plugin\": \"error_pages\"}, {\"plugin\": \"method_filter\"}]");
  directory.write("site.json", R"({
  "$schema": "./catena.schema.json",
  "root": "${CATENA_TEST_SITE:-nowhere}",
  "chain": [{ "include": "parts/front.json" }, { "plugin": "static_file" }]
}
)");
  const std::string file = (directory / "site.json").string();
  RunningServer server({{"--config", file}, {}, {{"CATENA_TEST_SITE", "site"}}, 0, -1});
  CHECK(server.connect().get("/hello.txt").body == "hello from below");

  const Finished unset = run_catena({"check", "--config", "site.json"}, directory.path());
  CHECK(unset.exit_code == 2);
  CHECK(unset.errors ==
        "site.json:3:11: /root: can't serve from nowhere: No such file or directory; name a "
        "directory that is there, here or with --root\n");
}

TEST_CASE("catena plugins tells where a plugin stands, and why", "[e2e]") {
  const Finished guard = run_catena({"plugins", "traversal_guard"});
  CHECK(guard.exit_code == 0);
  CHECK_THAT(guard.output, ContainsSubstring("It must stand before index_resolver: that one looks "
                                             "for files at paths that this one refuses.\n"));
  const Finished files = run_catena({"plugins", "static_file"});
  CHECK_THAT(files.output, ContainsSubstring("It passes nothing on, so it stands last.\n"));
  CHECK_THAT(files.output, ContainsSubstring("It needs a \"root\" beside its chain"));
}
