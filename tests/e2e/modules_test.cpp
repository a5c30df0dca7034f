// Modules as the three users meet them: configured, tried on the command line, and served.

#include <string>
#include <vector>

#include "e2e/running_server.hpp"
#include "support/catch.hpp"

using namespace catena::testing;

namespace {

const std::filesystem::path modules(CATENA_TEST_MODULES);

Finished run_catena(std::vector<std::string> arguments, const TempDir& directory) {
  return run(CATENA_BINARY, {std::move(arguments), directory.path(), {}, 0, -1});
}

/// Puts a module beside the configuration, under another name if one is given.
void place(const TempDir& directory, const std::string& module, const std::string& as = {}) {
  const std::string file = "lib" + module + ".so";
  std::filesystem::copy_file(modules / file, directory / (as.empty() ? file : as),
                             std::filesystem::copy_options::overwrite_existing);
}

/// What `catena test` says of a module that the tests build.
Finished try_module(const std::string& name, std::vector<std::string> arguments) {
  const TempDir directory;
  place(directory, name);
  arguments.insert(arguments.begin(), {"test", "lib" + name + ".so"});
  return run_catena(std::move(arguments), directory);
}

/// The response without its Date field.
std::string without_date(std::string text) {
  const std::size_t at = text.find("Date: ");
  if (at != std::string::npos) text.erase(at, text.find('\n', at) - at + 1);
  return text;
}

}  // namespace

TEST_CASE("a module's plugins are in every command", "[e2e][module]") {
  const TempDir directory;
  place(directory, "good");
  directory.write("site/site.json", R"({
  "server": { "listen": ["127.0.0.1:0"] },
  "modules": ["../libgood.so"],
  "chain": [{ "plugin": "good", "text": "from a module" }],
  "expect": [{ "request": "GET /", "status": 200, "body": "from a module" }]
})");
  const std::string file = (directory / "site/site.json").string();

  const Finished checked = run_catena({"check", "--config", file}, directory);
  CHECK(checked.errors.empty());
  CHECK(checked.exit_code == 0);

  const Finished schema = run_catena({"schema", "--config", file}, directory);
  CHECK(schema.exit_code == 0);
  CHECK_THAT(schema.output, ContainsSubstring("\"plugin_good\": {"));
  CHECK_THAT(schema.output, ContainsSubstring("\"description\": \"How often. 1 to 9.\""));

  const Finished explained = run_catena({"explain", "--config", file, "GET", "/"}, directory);
  CHECK(explained.exit_code == 0);
  CHECK_THAT(explained.output, ContainsSubstring("good  answered"));

  const Finished all = run_catena({"plugins", "--config", file}, directory);
  CHECK(all.exit_code == 0);
  CHECK_THAT(all.output, ContainsSubstring("good             Says something.\n"));
  CHECK_THAT(all.output, ContainsSubstring("static_file"));

  const Finished one = run_catena({"plugins", "good", "--config", file}, directory);
  CHECK(one.exit_code == 0);
  CHECK_THAT(one.output, ContainsSubstring("good: Says something.\nBrought by "));
  CHECK_THAT(one.output, ContainsSubstring("\"a text\""));
  CHECK(run_catena({"plugins", "good"}, directory).exit_code == 2);

  RunningServer server({{"--config", file}, {}, {}, 0, -1}, RunningServer::AsConfigured{});
  CHECK(server.connect().get("/").body == "from a module 1");
  // Overwriting a library that is in use would pull its code from under the server.
  place(directory, "good_again", "libgood.so");
  CHECK(server.connect().get("/").body == "from a module 2");
  CHECK(server.stop() == 0);
}

TEST_CASE("what is wrong with modules and their options is told at its place", "[e2e][module]") {
  const TempDir directory;
  place(directory, "good");
  place(directory, "throws");
  place(directory, "name_taken");
  directory.write("text.so", "not an ELF file\n");
  directory.write("site.json", R"({
  "modules": [
    "./libgood.so",
    "libthrows.so",
    "libname_taken.so",
    "text.so",
    "missing.so",
    7,
    ""
  ],
  "chain": [{ "plugin": "good", "times": 10, "txt": "" }, { "plugin": "god" }]
}
)");
  const std::string expected =
      "site.json:4:5: /modules/1: module libthrows.so is refused: its entry point threw: no luck "
      "today\n"
      "site.json:5:5: /modules/2: module libname_taken.so is refused: its plugin \"method_filter\" "
      "has the name of one that is built in; give it another\n"
      "site.json:6:5: /modules/3: module text.so is refused: it is no shared library; name what "
      "the build made of the plugin, lib<name>.so\n"
      "site.json:7:5: /modules/4: module missing.so is refused: there is no such file; build it, "
      "or "
      "check the path\n"
      "site.json:8:5: /modules/5: expected a path, got a number\n"
      "site.json:9:5: /modules/6: expected a path, got \"\"\n";
  const Finished checked = run_catena({"check", "--config", "site.json"}, directory);
  CHECK(checked.exit_code == 2);
  CHECK(checked.errors ==
        expected +
            "site.json:11:42: /chain/0/times: expected 1 to 9, got 10\n"
            "site.json:11:46: /chain/0/txt: unknown option of good; did you mean \"text\"?\n"
            "site.json:11:71: /chain/1/plugin: no plugin \"god\"; did you mean \"good\"?\n");
  const Finished listed = run_catena({"plugins", "--config", "site.json"}, directory);
  CHECK(listed.exit_code == 2);
  CHECK(listed.output.empty());
  CHECK(listed.errors == expected);
}

TEST_CASE("a module that is refused is told once, not by its plugins as well", "[e2e][module]") {
  const TempDir directory;
  directory.write("site.json", R"({
  "modules": ["libhello.so"],
  "chain": [{ "plugin": "hello" }, { "plugin": "statc_file" }]
}
)");
  const Finished checked = run_catena({"check", "--config", "site.json"}, directory);
  CHECK(checked.exit_code == 2);
  CHECK(checked.errors ==
        "site.json:2:15: /modules/0: module libhello.so is refused: there is no such file; build "
        "it, or check the path\n"
        "site.json:3:48: /chain/1/plugin: no plugin \"statc_file\"; did you mean "
        "\"static_file\"?\n");
}

TEST_CASE("catena test sends requests to a module's plugin", "[e2e][module]") {
  const Finished one = try_module("good", {"--request", "GET /"});
  CHECK(one.errors.empty());
  CHECK(one.exit_code == 0);
  CHECK(without_date(one.output) ==
        "HTTP/1.1 200 OK\nServer: catena\nContent-Length: 8\n\na text 1\n");

  const Finished two = try_module(
      "good", {"--options", R"({"text": "x"})", "--request", "/", "--request", "HEAD /again"});
  CHECK(two.exit_code == 0);
  CHECK_THAT(two.output, ContainsSubstring("\n\nx 1\nHTTP/1.1 200 OK\n"));

  const Finished second = try_module("two", {"--plugin", "second", "--request", "/"});
  CHECK(second.exit_code == 0);
  CHECK_THAT(second.output, ContainsSubstring("\n\nsecond\n"));

  const Finished named = try_module("two", {});
  CHECK(named.exit_code == 0);
  CHECK(named.output == "first: Says first.\nsecond: Says second.\n");
}

TEST_CASE("catena test names a dry run that a handler can't do with", "[e2e][module]") {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{}, {"--request", "/"}}) {
    const Finished crashed = try_module("needs_start", arguments);
    CHECK(crashed.exit_code != 0);
    CHECK_THAT(crashed.errors,
               ContainsSubstring("catena: the plugin crashed in a dry run before its start(); "));
  }
}

TEST_CASE("an answer that is cut off is no success", "[e2e][module]") {
  const Finished tried = try_module("good", {"--request", "GET /cut"});
  CHECK(tried.exit_code == 1);
  CHECK_THAT(tried.output, ContainsSubstring("HTTP/1.1 200 OK\n"));
  CHECK_THAT(tried.errors, ContainsSubstring("catena: GET /cut: the response is cut off"));

  const TempDir directory;
  place(directory, "good");
  directory.write("site.json", R"({"modules": ["libgood.so"], "chain": [{"plugin": "good"}],
      "expect": [{"request": "GET /cut", "status": 200}]})");
  const Finished checked = run_catena({"check", "--config", "site.json"}, directory);
  CHECK(checked.exit_code == 2);
  CHECK_THAT(checked.errors, ContainsSubstring("/expect/0/request: \"GET /cut\" has an answer that "
                                               "is cut off, because its body failed"));
  const Finished explained = run_catena({"explain", "--config", "site.json", "/cut"}, directory);
  CHECK(explained.exit_code == 0);
  CHECK_THAT(
      explained.output,
      ContainsSubstring("(1 bytes of content, then it is cut off, because the body failed)"));
  const Finished for_programs =
      run_catena({"explain", "--config", "site.json", "--json", "/cut"}, directory);
  CHECK_THAT(for_programs.output,
             ContainsSubstring("\"complete\": false") && ContainsSubstring("\"cut\": true"));
}

TEST_CASE("catena test says what is wrong, with exit code 2", "[e2e][module]") {
  const std::vector<std::string> request{"--request", "GET /"};
  const Finished refused = try_module("throws", request);
  CHECK(refused.exit_code == 2);
  CHECK(refused.errors ==
        "catena: module libthrows.so is refused: its entry point threw: no luck today\n");

  const Finished several = try_module("two", request);
  CHECK(several.exit_code == 2);
  CHECK(several.errors ==
        "catena: libtwo.so brings several plugins; choose one with --plugin: first second\n");

  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{"--request", "G T /"}, "catena: --request \"G T /\": expected a method and a target"},
      {{"--request", "/", "-H", "none"}, "expected a field"},
      {{"--request", "/", "--plugin", "god"},
       "catena: libgood.so brings no plugin \"god\"; did you mean \"good\"?\n"},
      {{"--request", "/", "--plugin", "static_file"},
       "catena: libgood.so brings no plugin \"static_file\"\n"},
      {{"--request", "/", "--options", R"({"times": 0})"},
       "options:1:11: /times: expected 1 to 9, got 0\n"},
      {{"--request", "/", "--options", "{"}, "options:1:2: "},
      {{"--plugin", "god"}, "--plugin requires --request\n"},
      {{"--options", "{"}, "--options requires --request\n"},
      {{"--body", ""}, "--body requires --request\n"},
      {{"-H", "A: b"}, "--header requires --request\n"},
      {{"--root", "."}, "--root requires --request\n"},
      {{"--reqest", "/"}, "--reqest"},
  };
  for (const auto& [arguments, part] : cases) {
    const Finished finished = try_module("good", arguments);
    CAPTURE(arguments);
    CHECK(finished.exit_code == 2);
    CHECK(finished.output.empty());
    CHECK_THAT(finished.errors, ContainsSubstring(part));
  }
}
