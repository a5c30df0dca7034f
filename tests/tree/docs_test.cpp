// Holds what the README and the docs show to what is true: configurations load, snippets are those
// of the sources, links lead somewhere, and the diagnostics are the ones that come.

#include <cctype>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catena/plugin/chain_builder.hpp"
#include "catena/serve/configuration.hpp"
#include "plugins/builtin.hpp"
#include "support/catch.hpp"
#include "support/source_tree.hpp"
#include "support/temp_dir.hpp"

namespace {

using catena::testing::between;
using catena::testing::code_blocks;
using catena::testing::CodeBlock;
using catena::testing::link_targets;
using catena::testing::read_file;
using catena::testing::source_files;
using catena::testing::source_tree;
using catena::testing::TempDir;

std::vector<std::filesystem::path> pages() {
  std::vector<std::filesystem::path> all = source_files("docs", ".md");
  all.insert(all.begin(), "README.md");
  return all;
}

/// The text without that part, wherever it stands.
std::string without(std::string text, const std::string& part) {
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos;) {
    text.erase(at, part.size());
  }
  return text;
}

std::string told(catena::config::Diagnostics& diagnostics) {
  diagnostics.sort();
  std::string text;
  for (const auto& diagnostic : diagnostics.all()) text.append(diagnostic.text()).append("\n");
  return text;
}

const catena::Registry& builtin() {
  static const catena::Registry registry = [] {
    catena::Registry filled;
    catena::plugins::add_builtin(filled);
    return filled;
  }();
  return registry;
}

/// Makes the directories that the document serves from, wherever in it they are named.
void create_roots(const catena::config::Value& value, const TempDir& directory) {
  for (const catena::config::Member& member : value.members()) {
    if (member.key == "root" && member.value.kind() == catena::config::Value::Kind::string) {
      std::filesystem::create_directories(directory / member.value.as_string());
    }
    create_roots(member.value, directory);
  }
  for (const catena::config::Value& item : value.items()) create_roots(item, directory);
}

/// The files that a page shows beside its configurations, each by the path that stands above it.
using Files = std::map<std::string, std::string>;
constexpr std::string_view file_mark = "<!-- file: ";

bool is_beside(const CodeBlock& block) { return block.line_above.rfind(file_mark, 0) == 0; }

Files files_beside(const std::filesystem::path& page) {
  Files files;
  for (const CodeBlock& block : code_blocks(read_file(source_tree() / page))) {
    if (!is_beside(block)) continue;
    const std::string& line = block.line_above;
    files[line.substr(file_mark.size(), line.find(" -->") - file_mark.size())] = block.text;
  }
  return files;
}

/// What `catena check` says of a whole configuration, with nothing in its environment. The roots
/// and the module that it names are there.
std::string complaints_about_configuration(std::string_view text, const Files& beside = {},
                                           const std::string& name = "site.json") {
  const TempDir directory;
  for (const auto& [path, content] : beside) directory.write(path, content);
  catena::config::Outside outside = catena::config::of_this_process();
  outside.variable = [](const std::string&) { return std::nullopt; };
  catena::config::Diagnostics diagnostics;
  directory.write(name, text);
  if (const auto document = catena::config::read_file(directory / name, diagnostics, outside)) {
    create_roots(*document, directory);
    if (text.find("libhello.so") != std::string_view::npos) {
      std::filesystem::copy_file(CATENA_HELLO_MODULE, directory / "libhello.so");
    }
    catena::load_configuration(*document, {}, builtin(), diagnostics);
  }
  return without(told(diagnostics), directory.path().string() + "/");
}

/// The same for one entry of a chain.
std::string complaints_about_entry(const std::string& text) {
  catena::config::Diagnostics diagnostics;
  const auto chain = catena::config::parse("[" + text + "]", "entry", {}, diagnostics);
  if (chain) catena::ChainBuilder(builtin(), diagnostics, true).build({*chain});
  return told(diagnostics);
}

/// A whole configuration, not an entry of a chain, which may hold chains of its own.
bool is_configuration(const CodeBlock& block) {
  return block.text.find("\"chain\"") != std::string::npos &&
         block.text.rfind("{ \"plugin\"", 0) != 0;
}

std::string complaints_about(const CodeBlock& block, const Files& beside) {
  if (is_configuration(block)) {
    return complaints_about_configuration(block.text, beside);
  }
  return complaints_about_entry(block.text);
}

/// The lines of the only block on the page that begins with that file's name.
std::string shown_diagnostics(const std::string& page, const std::string& file = "site.json") {
  std::string found;
  for (const CodeBlock& block : code_blocks(read_file(source_tree() / page))) {
    if (block.text.rfind(file + ":", 0) != 0) continue;
    CHECK(found.empty());
    found = block.text;
  }
  return found;
}

/// The first configuration on the page that has that in it.
std::string first_configuration(const std::string& page, const std::string& part = {}) {
  for (const CodeBlock& block : code_blocks(read_file(source_tree() / page))) {
    const bool has_part = block.text.find(part) != std::string::npos;
    if (is_configuration(block) && !is_beside(block) && has_part) return block.text;
  }
  return {};
}

std::string all_replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// The text of the file that a mark names. "server/template/new_plugin.cpp as hello" is the file
/// that `catena new plugin hello` makes of it.
std::string source_of_snippet(const std::string& from) {
  const std::size_t as = from.find(" as ");
  const std::string text = read_file(source_tree() / from.substr(0, as));
  if (as == std::string::npos) return text;
  const std::string name = from.substr(as + 4);
  std::string type = name;
  type.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(type.front())));
  return all_replaced(all_replaced(text, "new_plugin", name), "NewPlugin", type);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  REQUIRE(text.find(from, at + 1) == std::string::npos);
  return text.replace(at, from.size(), to);
}

TEST_CASE("every configuration that the docs show loads, and every entry builds", "[tree]") {
  std::size_t whole = 0;
  std::size_t entries = 0;
  for (const std::filesystem::path& page : pages()) {
    for (const CodeBlock& block : code_blocks(read_file(source_tree() / page))) {
      if (block.language != "jsonc" || is_beside(block)) continue;
      INFO(page.string() << ":" << block.line);
      CHECK(complaints_about(block, files_beside(page)) == "");
      ++(is_configuration(block) ? whole : entries);
    }
  }
  CHECK(whole >= 2);
  CHECK(entries >= 5);
}

TEST_CASE("the pages of the plugins show an entry of their own", "[tree]") {
  for (const std::string& name : builtin().names()) {
    INFO(name);
    const auto blocks = code_blocks(read_file(source_tree() / ("docs/plugins/" + name + ".md")));
    bool found = false;
    for (const CodeBlock& block : blocks) {
      found = found || block.text.find("\"plugin\": \"" + name + "\"") != std::string::npos;
    }
    CHECK(found);
  }
}

TEST_CASE("snippets stand in the files that they are from", "[tree]") {
  constexpr std::string_view mark = "<!-- from: ";
  std::size_t snippets = 0;
  for (const std::filesystem::path& page : pages()) {
    const std::string text = read_file(source_tree() / page);
    std::size_t marks = 0;
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
      ++marks;
    }
    std::size_t marked = 0;
    for (const CodeBlock& block : code_blocks(text)) {
      if (block.line_above.rfind(mark, 0) != 0) continue;
      const std::string from =
          block.line_above.substr(mark.size(), block.line_above.find(" -->") - mark.size());
      INFO(page.string() << ":" << block.line << " from " << from);
      // With an end of line before it, so that it begins where a line begins.
      CHECK(("\n" + source_of_snippet(from)).find("\n" + block.text) != std::string::npos);
      ++marked;
    }
    INFO(page.string());
    CHECK(marked == marks);
    snippets += marked;
  }
  CHECK(snippets >= 2);
}

TEST_CASE("links in the docs lead somewhere", "[tree]") {
  std::size_t links = 0;
  for (const std::filesystem::path& page : pages()) {
    for (std::string target : link_targets(read_file(source_tree() / page))) {
      if (target.find("://") != std::string::npos || target.front() == '#') continue;
      INFO(page.string() << " links to " << target);
      target.resize(std::min(target.find('#'), target.size()));
      CHECK(target.front() != '/');
      CHECK(std::filesystem::exists((source_tree() / page).parent_path() / target));
      ++links;
    }
  }
  CHECK(links > 10);
}

TEST_CASE("the diagnostics in the README are those of its example with two slips", "[tree]") {
  const std::string good = first_configuration("README.md");
  const std::string slips =
      replaced(replaced(good, "\"allow\"", "\"alow\""), "static_file", "statc_file");
  CHECK(complaints_about_configuration(slips) == shown_diagnostics("README.md"));
}

TEST_CASE("the diagnostics in docs/configuration.md are those of its example with three slips",
          "[tree]") {
  const std::string good = first_configuration("docs/configuration.md");
  const std::string slips = replaced(
      replaced(replaced(good, "\"GET\", \"HEAD\"", "\"GET\", 1"), "\"format\"", "\"fromat\""),
      "static_file", "statc_file");
  CHECK(complaints_about_configuration(slips) == shown_diagnostics("docs/configuration.md"));
}

TEST_CASE("what docs/configuration.md says of variables and included files is what is said",
          "[tree]") {
  const std::string page = "docs/configuration.md";
  const std::string variables =
      replaced(replaced(first_configuration(page, "${HOST"), "${PORT:-8080}", "${PORT}"),
               "${SITE:-public}", "${SITE-public}");
  CHECK(complaints_about_configuration(variables, {}, "env.json") ==
        shown_diagnostics(page, "env.json"));

  Files beside = files_beside(page);
  std::string& front = beside.at("parts/front.json");
  front = replaced(front, "\"error_pages\"", "\"error_pages\", \"directory\": 1");
  const std::string includes =
      replaced(first_configuration(page, "parts/server.json"), "server.json", "sever.json");
  CHECK(complaints_about_configuration(includes, beside, "include.json") ==
        shown_diagnostics(page, "include.json"));
}

TEST_CASE("what docs/configuration.md says of an expectation that is not met is what is said",
          "[tree]") {
  std::string configuration;
  std::string shown;
  for (const CodeBlock& block : code_blocks(read_file(source_tree() / "docs/configuration.md"))) {
    if (block.text.find("\"expect\"") != std::string::npos) configuration = block.text;
    if (block.text.rfind("expect.json:", 0) == 0) shown = block.text;
  }
  const TempDir directory;
  catena::config::Diagnostics diagnostics;
  const auto document =
      catena::config::parse(configuration, "expect.json", directory.path(), diagnostics);
  REQUIRE(document);
  create_roots(*document, directory);
  const auto loaded = catena::load_configuration(*document, {}, builtin(), diagnostics);
  REQUIRE(loaded);
  catena::meets_expectations(*loaded, *document, diagnostics);
  REQUIRE(diagnostics.size() >= 1);
  CHECK(diagnostics.all()[0].text() + "\n" == shown);
}

TEST_CASE("what reads the docs finds what is wrong with them", "[tree]") {
  const std::string text =
      "[a](x.md) `[no](code.md)`\n\n<!-- from: y.cpp -->\n```cpp\n[no](block.md)\n```\n"
      "![b](pic.svg)\n<!-- a -->\none\ntwo\n<!-- /a -->\n";
  CHECK(link_targets(text) == std::vector<std::string>{"x.md", "pic.svg"});
  REQUIRE(code_blocks(text).size() == 1);
  CHECK(code_blocks(text)[0].language == "cpp");
  CHECK(code_blocks(text)[0].text == "[no](block.md)\n");
  CHECK(code_blocks(text)[0].line_above == "<!-- from: y.cpp -->");
  CHECK(code_blocks(text)[0].line == 4);
  CHECK_THROWS(code_blocks("```\nno end\n"));
  CHECK(between(text, "<!-- a -->", "<!-- /a -->") == "one\ntwo\n");
  CHECK_THROWS(between(text, "<!-- b -->", "<!-- /b -->"));
  CHECK(complaints_about_entry("{ \"plugin\": \"static_fil\" }") != "");
  CHECK(complaints_about_configuration("{ \"chain\": [] }") != "");
}

}  // namespace
