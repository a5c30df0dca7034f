// Holds the chains that are measured to the default chain.

#include <sstream>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/source_tree.hpp"
#include "support/temp_dir.hpp"

namespace {

using catena::testing::read_file;
using catena::testing::source_tree;

/// The entries of the file's chain, each of which stands on a line of its own.
std::vector<std::string> entries(const std::string& file) {
  std::vector<std::string> found;
  std::istringstream lines(read_file(source_tree() / file));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t from = line.find("{ \"plugin\":");
    if (from != std::string::npos) found.push_back(line.substr(from, line.rfind('}') + 1 - from));
  }
  return found;
}

TEST_CASE("what is measured is the default chain without its access log", "[tree]") {
  std::vector<std::string> chain = entries("server/default.json");
  REQUIRE(chain.size() > 1);
  const std::string log = chain.front();
  CHECK(log == R"({ "plugin": "access_log", "format": "common" })");
  chain.erase(chain.begin());
  CHECK(entries("tests/bench/catena.json") == chain);

  chain.insert(chain.begin(),
               log.substr(0, log.size() - 2) + R"(, "file": "${CATENA_BENCH_LOG}" })");
  CHECK(entries("tests/bench/catena_log.json") == chain);

  chain.front() = R"({ "plugin": "bench_sleeper", "time": "50ms" })";
  CHECK(entries("tests/bench/catena_sleeper.json") == chain);
}

}  // namespace
