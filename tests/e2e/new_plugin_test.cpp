// `catena new plugin`. That what it writes builds, passes its tests and serves is shown by
// tests/newcomer.

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

using namespace catena::testing;

namespace {

Finished new_plugin(std::vector<std::string> arguments, const TempDir& directory) {
  arguments.insert(arguments.begin(), {"new", "plugin"});
  return run(CATENA_BINARY, {std::move(arguments), directory.path(), {}, 0, -1});
}

std::vector<std::string> files_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("catena new plugin writes a project of that name", "[e2e][new]") {
  const TempDir directory;
  const Finished finished = new_plugin({"hello_world"}, directory);
  CHECK(finished.exit_code == 0);
  CHECK(finished.errors.empty());
  const auto folder = directory / "hello_world";
  const std::vector<std::string> files{"CMakeLists.txt", "README.md", "hello_world.cpp",
                                       "hello_world_test.cpp", "server.json"};
  CHECK(files_in(folder) == files);
  for (const std::string& file : files) {
    INFO(file);
    const std::string text = read_file(folder / file);
    CHECK(has(text, "hello_world"));
    CHECK_FALSE(has(text, "new_plugin"));
    CHECK_FALSE(has(text, "NewPlugin"));
    CHECK(has(finished.output, file));
  }
  CHECK(has(read_file(folder / "hello_world.cpp"), "class HelloWorldHandler"));
  CHECK(has(read_file(folder / "server.json"), "\"./build/libhello_world.so\""));
  CHECK_THAT(finished.output, ContainsSubstring("    cd hello_world\n    cmake -B build"));
}

TEST_CASE("catena new plugin writes into the folder that it is told", "[e2e][new]") {
  const TempDir directory;
  const Finished deep = new_plugin({"hello", "some where/deep"}, directory);
  CHECK(deep.exit_code == 0);
  CHECK(files_in(directory / "some where/deep").size() == 5);
  CHECK_THAT(deep.output, ContainsSubstring("    cd 'some where/deep'\n"));

  std::filesystem::create_directory(directory / "empty");
  CHECK(new_plugin({"hello", "empty"}, directory).exit_code == 0);
  CHECK(files_in(directory / "empty").size() == 5);
}

TEST_CASE("catena new plugin overwrites nothing", "[e2e][new]") {
  const TempDir directory;
  directory.write("hello/README.md", "mine");
  directory.write("file", "mine");
  std::filesystem::create_symlink("nowhere", directory / "link");
  for (const std::string folder : {"hello", "file", "link"}) {
    const Finished finished = new_plugin({"hello", folder}, directory);
    INFO(folder);
    CHECK(finished.exit_code == 2);
    CHECK(finished.output.empty());
    CHECK(finished.errors ==
          "catena: " + folder +
              " is there already; name a folder that is not, or is empty: catena "
              "new plugin NAME DIR\n");
  }
  CHECK(files_in(directory / "hello") == std::vector<std::string>{"README.md"});
  CHECK(read_file(directory / "hello/README.md") == "mine");
  CHECK(read_file(directory / "file") == "mine");

  const Finished below_a_file = new_plugin({"hello", "file/below"}, directory);
  CHECK(below_a_file.exit_code == 1);
  CHECK(below_a_file.errors ==
        "catena: can't make the folder file/below: Not a directory; name one where you may write: "
        "catena new plugin NAME DIR\n");
}

TEST_CASE("catena new plugin says why a name does not do", "[e2e][new]") {
  const TempDir directory;
  const std::string rule =
      " is no name for a plugin: lower-case letters, digits and underscores, the first a letter, "
      "at "
      "most 64";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"Hello-World", "\"Hello-World\"" + rule + "; did you mean \"hello_world\"?"},
      {"1st", "\"1st\"" + rule},
      {"a/b", "\"a/b\"" + rule},
      {"", "\"\"" + rule},
      {std::string(65, 'a'), "\"" + std::string(65, 'a') + "\"" + rule},
      {"static_file", "a plugin \"static_file\" comes with catena; choose another name"},
      {"test", "\"test\" already means something to the build; choose another name"},
      {"preinstall", "\"preinstall\" already means something to the build; choose another name"},
      {"catena", "\"catena\" already means something to the build; choose another name"},
  };
  for (const auto& [name, complaint] : cases) {
    const Finished finished = new_plugin({name}, directory);
    INFO(name);
    CHECK(finished.exit_code == 2);
    CHECK(finished.output.empty());
    CHECK(finished.errors == "catena: " + complaint + "\n");
  }
  CHECK(files_in(directory.path()).empty());
}

TEST_CASE("catena new without more says what it can write", "[e2e][new]") {
  const TempDir directory;
  const Finished finished = run(CATENA_BINARY, {{"new"}, directory.path(), {}, 0, -1});
  CHECK(finished.exit_code == 2);
  CHECK_THAT(finished.errors, ContainsSubstring("subcommand"));
  const Finished help = run(CATENA_BINARY, {{"new", "--help"}, directory.path(), {}, 0, -1});
  CHECK(help.exit_code == 0);
  CHECK_THAT(help.output, ContainsSubstring("plugin"));
}
