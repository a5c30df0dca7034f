// Holds docs/conformance.md: the tests that it names are there, no section that is tested goes
// unmentioned, and its table of targets is what happens.

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catena/testing/test_chain.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"
#include "support/source_tree.hpp"
#include "support/temp_dir.hpp"

namespace catena::plugins {
Plugin traversal_guard();
}

namespace {

using namespace catena::testing;

const std::string page = "docs/conformance.md";

/// The texts between two marks, in order.
std::vector<std::string> all_between(const std::string& text, char mark) {
  std::vector<std::string> found;
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const std::size_t end = text.find(mark, at + 1);
    if (end == std::string::npos) break;
    found.push_back(text.substr(at + 1, end - at - 1));
    at = end;
  }
  return found;
}

/// The cells of a table's rows, without its two first lines.
std::vector<std::vector<std::string>> rows_of(const std::string& table) {
  std::vector<std::vector<std::string>> rows;
  for (const std::string& line : lines_of(table)) {
    if (line.empty() || line.front() != '|') continue;
    std::vector<std::string> cells;
    for (std::size_t at = 1; at < line.size();) {
      const std::size_t end = std::min(line.find('|', at), line.size());
      cells.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    rows.push_back(std::move(cells));
  }
  return rows;
}

/// The names of all test cases in the tree.
std::set<std::string> test_names() {
  constexpr std::string_view mark = "TEST_CASE(\"";
  std::set<std::string> names;
  for (const std::filesystem::path& file : source_files("tests", ".cpp")) {
    const std::string text = read_file(source_tree() / file);
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
      at += mark.size();
      names.insert(text.substr(at, text.find('"', at) - at));
    }
  }
  return names;
}

/// What stands in the last column of the page's tables of sections.
std::vector<std::string> named_tests() {
  std::vector<std::string> cells;
  for (const auto& row : rows_of(read_file(source_tree() / page))) {
    if (row.size() >= 3 && row[1].find("---") == std::string::npos && row[2] != " tests ") {
      cells.push_back(row[2]);
    }
  }
  return cells;
}

}  // namespace

TEST_CASE("the tests that docs/conformance.md names are there", "[tree]") {
  const std::set<std::string> names = test_names();
  std::size_t named = 0;
  for (const std::string& cell : named_tests()) {
    INFO(cell);
    const std::vector<std::string> sections = all_between(cell, '`');
    const std::vector<std::string> titles = all_between(cell, '"');
    CHECK(sections.size() + titles.size() > 0);
    for (const std::string& section : sections) {
      INFO(section);
      CHECK(std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return name.rfind(section + ":", 0) == 0 || name.rfind(section + ",", 0) == 0;
      }));
      ++named;
    }
    for (const std::string& title : titles) {
      INFO(title);
      CHECK(names.count(title) == 1);
      ++named;
    }
  }
  CHECK(named > 40);
}

TEST_CASE("every section that is tested stands in docs/conformance.md", "[tree]") {
  const std::string text = read_file(source_tree() / page);
  std::size_t sections = 0;
  for (const std::string& name : test_names()) {
    if (name.rfind("RFC ", 0) != 0) continue;
    INFO(name);
    const std::string first = name.substr(0, name.find_first_of(":,"));
    CHECK(text.find("`" + first) != std::string::npos);
    ++sections;
  }
  CHECK(sections > 30);
}

TEST_CASE("the targets in docs/conformance.md are taken as it says", "[tree]") {
  const std::string table =
      between(read_file(source_tree() / page), "<!-- targets -->", "<!-- /targets -->");
  TestChain chain;
  chain.add(catena::plugins::traversal_guard()).add([](catena::Exchange& exchange, catena::Next&) {
    answer(exchange, exchange.path());
  });
  std::size_t tried = 0;
  for (const auto& row : rows_of(table)) {
    const std::vector<std::string> target = all_between(row.at(0), '`');
    if (target.size() != 1) continue;
    INFO(target[0]);
    const HttpResponse response = chain.get(target[0]);
    const std::vector<std::string> path = all_between(row.at(1), '`');
    if (path.empty()) {
      CHECK(" " + std::to_string(response.status) + " " == row[1]);
    } else {
      CHECK(response.status == 200);
      CHECK(response.body == path[0]);
    }
    ++tried;
  }
  CHECK(tried > 10);
}
