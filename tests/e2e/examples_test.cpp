// The examples of the docs, configured as they are shown.

#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/source_tree.hpp"
#include "support/temp_dir.hpp"

using namespace catena::testing;

TEST_CASE("every example's configuration works with its module", "[e2e][examples]") {
  int tried = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_tree() / "docs/examples")) {
    const std::string name = entry.path().filename();
    INFO(name);
    const TempDir directory;
    directory.write("server.json", read_file(entry.path() / "server.json"));
    const std::string module = "lib" + name + ".so";
    std::filesystem::create_directory(directory / "build");
    std::filesystem::copy_file(std::filesystem::path(CATENA_MODULES) / module,
                               directory / "build" / module);
    std::filesystem::create_directory(directory / "uploads");
    const Finished checked =
        run(CATENA_BINARY, {{"check", "--config", "server.json"}, directory.path(), {}, 0, -1});
    CHECK(checked.errors == "");
    CHECK(checked.exit_code == 0);
    ++tried;
  }
  CHECK(tried >= 4);
}
