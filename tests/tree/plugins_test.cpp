// Holds that a plugin is one .cpp, one test, one docs page and one line in builtin.cpp, all of the
// same name, and that the tables of options in the docs are those of the declarations.

#include <filesystem>
#include <set>
#include <string>

#include "catena/config/describe.hpp"
#include "catena/plugin/registry.hpp"
#include "catena/serve/configuration.hpp"
#include "plugins/builtin.hpp"
#include "support/catch.hpp"
#include "support/source_tree.hpp"
#include "support/temp_dir.hpp"

namespace {

using catena::Plugin;
using catena::Registry;
using catena::testing::between;
using catena::testing::read_file;
using catena::testing::source_tree;

using Names = std::set<std::string>;

const Registry& builtin() {
  static const Registry registry = [] {
    Registry filled;
    catena::plugins::add_builtin(filled);
    return filled;
  }();
  return registry;
}

Names registered() {
  Names names;
  for (const std::string& name : builtin().names()) names.insert(name);
  return names;
}

/// The names of the files in a directory of the tree that end so, and of its folders, without the
/// ending.
Names named_in(const std::string& directory, const std::string& ending) {
  Names names;
  for (const auto& entry : std::filesystem::directory_iterator(source_tree() / directory)) {
    const std::string name = entry.path().filename();
    if (entry.is_directory()) {
      names.insert(name);
    } else if (name.size() > ending.size() && name.substr(name.size() - ending.size()) == ending) {
      names.insert(name.substr(0, name.size() - ending.size()));
    }
  }
  return names;
}

Names without(Names names, const Names& others) {
  for (const std::string& other : others) names.erase(other);
  return names;
}

/// The table of options that a page shows.
std::string table_on(const std::string& page) {
  return between(read_file(source_tree() / page), "<!-- options -->", "<!-- /options -->");
}

std::string table_of(const catena::config::FieldList& fields) {
  std::string table = catena::config::markdown_table(fields);
  if (!table.empty() && table.back() != '\n') table.push_back('\n');
  return table;
}

TEST_CASE("every plugin has a source file, a test and a page of its name", "[tree]") {
  REQUIRE_FALSE(registered().empty());
  CHECK(without(named_in("plugins", ".cpp"), {"builtin"}) == registered());
  CHECK(named_in("docs/plugins", ".md") == registered());
  // Chains of several plugins are tested beside them, and large parts of one on their own.
  CHECK(without(named_in("tests/plugins", "_test.cpp"),
                {"default_chain", "static_file_changes", "static_file_precompressed"}) ==
        registered());
}

TEST_CASE("a plugin goes by the name that it is registered by", "[tree]") {
  for (const std::string& name : registered()) {
    INFO(name);
    const Plugin& plugin = *builtin().find(name);
    CHECK(plugin.name == name);
    CHECK(plugin.summary.back() == '.');
    const std::string page = read_file(source_tree() / ("docs/plugins/" + name + ".md"));
    CHECK(page.substr(0, page.find('\n')) == "# " + name);
  }
}

TEST_CASE("the pages of the plugins show their options as they are declared", "[tree]") {
  for (const std::string& name : registered()) {
    INFO("between the marks in docs/plugins/" << name << ".md should stand:\n"
                                              << table_of(builtin().find(name)->options));
    CHECK(table_on("docs/plugins/" + name + ".md") == table_of(builtin().find(name)->options));
  }
}

TEST_CASE("docs/configuration.md shows all keys as they are declared", "[tree]") {
  const std::string table = table_of(catena::configuration_fields());
  INFO("between the marks in docs/configuration.md should stand:\n" << table);
  CHECK(table_on("docs/configuration.md") == table);
}

TEST_CASE("every page of a plugin is linked from the README and the configuration's page",
          "[tree]") {
  const std::string readme = read_file(source_tree() / "README.md");
  const std::string configuration = read_file(source_tree() / "docs/configuration.md");
  for (const std::string& name : registered()) {
    INFO(name);
    CHECK(readme.find("[" + name + "](docs/plugins/" + name + ".md)") != std::string::npos);
    CHECK(configuration.find("[" + name + "](plugins/" + name + ".md)") != std::string::npos);
  }
}

}  // namespace
