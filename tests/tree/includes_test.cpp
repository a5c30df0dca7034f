// Holds the rooms of docs/architecture.md: includes point downwards only, and public headers show
// none of the libraries underneath.

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"
#include "support/source_tree.hpp"
#include "support/temp_dir.hpp"

namespace {

using catena::testing::lines_of;
using catena::testing::read_file;
using catena::testing::source_files;
using catena::testing::source_tree;

/// Each room of the framework, and the rooms that its files may include beside their own.
const std::map<std::string, std::set<std::string>> rooms{
    {"http", {}},
    {"fs", {"http"}},
    {"net", {"http"}},
    {"runtime", {"http"}},
    {"pipeline", {"http", "fs", "net", "runtime"}},
    {"config", {"http", "fs", "net", "runtime"}},
    {"plugin", {"http", "fs", "net", "runtime", "pipeline", "config"}},
    {"serve", {"http", "fs", "net", "runtime", "pipeline", "config", "plugin"}},
    {"testing", {"http", "fs", "net", "runtime", "pipeline", "config", "plugin", "serve"}},
};
const std::set<std::string> rooms_for_plugins{"http",     "fs",     "net",   "runtime",
                                              "pipeline", "config", "plugin"};

/// What no public header shows: where it is included from, and the name that its code goes by.
const std::map<std::string, std::string> hidden{{"asio", "asio::"},
                                                {"nlohmann", "nlohmann::"},
                                                {"spdlog", "spdlog::"},
                                                {"fmt", "fmt::"},
                                                {"CLI", "CLI::"}};
/// Headers of serve that show Asio; they are not installed.
const std::set<std::string> shows_asio{
    "catena/serve/acceptors.hpp", "catena/serve/control_socket.hpp", "catena/serve/generations.hpp",
    "catena/serve/listener.hpp", "catena/serve/reloader.hpp"};

/// The headers that stand in no room, and the rooms that they open to whoever includes them.
const std::map<std::string, std::set<std::string>> entrances{
    {"catena/export.hpp", {}},
    {"catena/version.hpp", {}},
    {"catena/plugin.hpp", rooms_for_plugins},
    {"catena/testing.hpp", {"testing"}},
};
const std::string includes_catch = "framework/catena/testing/catch.hpp";

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (const auto& part : std::filesystem::path(path)) parts.push_back(part.string());
  return parts;
}

bool is_header(const std::string& path) {
  return std::filesystem::path(path).extension() == ".hpp";
}

/// The room of a path in the framework, as it is included: "http" of "catena/http/text.hpp";
/// nothing for what belongs to no room.
std::optional<std::string> room_of(const std::string& path) {
  const std::vector<std::string> parts = parts_of(path);
  if (parts.size() < 3 || parts[0] != "catena") return std::nullopt;
  return parts[1];
}

/// "static_file" of "plugins/static_file.cpp" and "plugins/static_file/range.hpp".
std::string plugin_of(const std::string& path) {
  return std::filesystem::path(parts_of(path).at(1)).stem();
}

bool may_include_from_framework(const std::string& file, const std::string& included) {
  if (included == "catena/export.hpp" || included == "catena/version.hpp") return true;
  const auto room = room_of(included);
  const bool is_plugin = file.rfind("plugins/", 0) == 0;
  const bool is_framework = file.rfind("framework/", 0) == 0;
  if (!room && entrances.count(included) == 0) return false;
  if (!is_framework && !is_plugin) return true;
  if (included == "catena/plugin.hpp") return is_plugin || file == "framework/catena/testing.hpp";
  if (!room) return false;
  if (is_plugin) return rooms_for_plugins.count(*room) == 1;
  const std::string path = file.substr(std::string_view("framework/").size());
  if (const auto entrance = entrances.find(path); entrance != entrances.end()) {
    return entrance->second.count(*room) == 1;
  }
  const auto own = room_of(path);
  if (!own || rooms.count(*own) == 0) return false;
  return *room == *own || rooms.at(*own).count(*room) == 1;
}

bool may_include(const std::string& file, const std::string& included) {
  const std::string top = parts_of(included).front();
  const std::string from = parts_of(file).front();
  if (top == "catena") return may_include_from_framework(file, included);
  if (from != "framework" && from != "plugins" && from != "server") return true;
  if (top == "catch2") return file == includes_catch;
  if (top == "support") return false;
  if (top == "server") return from == "server";
  if (top != "plugins") return true;
  if (included == "plugins/builtin.hpp") return from == "server" || file == "plugins/builtin.cpp";
  return from == "plugins" && plugin_of(file) == plugin_of(included);
}

/// What a line includes; nothing when it is no #include.
std::optional<std::string> included_by(std::string_view line) {
  const auto take = [&line](std::string_view text) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.substr(0, text.size()) != text) return false;
    line.remove_prefix(text.size());
    return true;
  };
  if (!take("#") || !take("include") || (!take("<") && !take("\""))) return std::nullopt;
  return std::string(line.substr(0, line.find_first_of(">\"")));
}

/// Everything about a file, by its path from the root of the tree, that the architecture forbids; a
/// line each.
std::vector<std::string> breaches(const std::string& file, const std::string& text) {
  std::vector<std::string> found;
  const bool is_hidden = file.rfind("framework/", 0) == 0 && shows_asio.count(file.substr(10)) == 1;
  const bool is_public = is_header(file) && file.rfind("framework/", 0) == 0 && !is_hidden;
  bool once = false;
  std::size_t number = 0;
  for (const std::string& line : lines_of(text)) {
    const std::string where = file + ":" + std::to_string(++number) + ": ";
    once = once || line == "#pragma once";
    if (const auto name = included_by(line)) {
      const std::string& included = *name;
      if (!may_include(file, included)) found.push_back(where + "must not include " + included);
      if (shows_asio.count(included) == 1 &&
          ((is_header(file) && !is_hidden) || file.rfind("framework/catena/serve/", 0) != 0)) {
        found.push_back(where + "only .cpp files of serve include " + included);
      }
      const std::string library = std::filesystem::path(parts_of(included).front()).stem();
      if (is_public && hidden.count(library) == 1) {
        found.push_back(where + "a public header shows " + library);
      }
    } else if (is_public) {
      const std::string code = line.substr(0, line.find("//"));
      for (const auto& [library, spelling] : hidden) {
        if (code.find(spelling) != std::string::npos) {
          found.push_back(where + "a public header shows " + library);
        }
      }
    }
  }
  if (is_header(file) && !once) found.push_back(file + ": has no #pragma once");
  return found;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line).append("\n");
  return text;
}

std::string breach(const std::string& file, const std::string& text) {
  return joined(breaches(file, text));
}

TEST_CASE("the tree keeps to its rooms", "[tree]") {
  std::vector<std::string> found;
  std::size_t files = 0;
  std::set<std::string> seen_rooms;
  for (const char* directory : {"framework", "plugins", "server", "tests", "docs"}) {
    for (const char* extension : {".hpp", ".cpp", ".inc"}) {
      for (const std::filesystem::path& path : source_files(directory, extension)) {
        const auto more = breaches(path.string(), read_file(source_tree() / path));
        found.insert(found.end(), more.begin(), more.end());
        ++files;
        const auto parts = parts_of(path.string());
        if (parts.size() > 3 && parts[0] == "framework") seen_rooms.insert(parts[2]);
      }
    }
  }
  CHECK(joined(found) == "");
  CHECK(files > 100);
  std::set<std::string> known_rooms;
  for (const auto& [room, below] : rooms) known_rooms.insert(room);
  CHECK(seen_rooms == known_rooms);
}

TEST_CASE("the rule for rooms lets includes point downwards only", "[tree]") {
  CHECK(breach("framework/catena/fs/a.cpp", "#include \"catena/http/body.hpp\"\n") == "");
  CHECK(breach("framework/catena/fs/a.cpp", "#include <catena/fs/b.hpp>\n") == "");
  CHECK(breach("framework/catena/http/a.cpp", "#include \"catena/export.hpp\"\n") == "");
  CHECK(breach("framework/catena/testing/a.cpp", "#include \"catena/serve/a.hpp\"\n") == "");
  CHECK(breach("framework/catena/http/a.cpp", "\n#include \"catena/fs/document_root.hpp\"\n") ==
        "framework/catena/http/a.cpp:2: must not include catena/fs/document_root.hpp\n");
  CHECK(breach("framework/catena/http/a.cpp", " #  include <catena/runtime/log.hpp>\n") ==
        "framework/catena/http/a.cpp:1: must not include catena/runtime/log.hpp\n");
  for (const auto& [from, to] :
       {std::pair{"fs", "net"}, std::pair{"net", "runtime"}, std::pair{"runtime", "pipeline"},
        std::pair{"pipeline", "config"}, std::pair{"config", "pipeline"},
        std::pair{"config", "plugin"}, std::pair{"pipeline", "plugin"},
        std::pair{"plugin", "serve"}, std::pair{"serve", "testing"}, std::pair{"serve", "nowhere"},
        std::pair{"new", "http"}}) {
    INFO(from << " to " << to);
    CHECK(breach(std::string("framework/catena/") + from + "/a.cpp",
                 std::string("#include \"catena/") + to + "/b.hpp\"\n") != "");
  }
  CHECK(breach("framework/catena/plugin/a.cpp", "#include \"catena/version.hpp\"\n") == "");
  CHECK(breach("framework/catena/plugin/a.cpp", "#include \"catena/plugin.hpp\"\n") != "");
  CHECK(breach("framework/catena/testing/a.cpp", "#include \"catena/testing.hpp\"\n") != "");
  const std::string once = "#pragma once\n";
  CHECK(breach("framework/catena/plugin.hpp", once + "#include \"catena/http/a.hpp\"\n") == "");
  CHECK(breach("framework/catena/plugin.hpp", once + "#include \"catena/serve/a.hpp\"\n") != "");
  CHECK(breach("framework/catena/testing.hpp", once + "#include \"catena/plugin.hpp\"\n") == "");
  CHECK(breach("framework/catena/testing.hpp", once + "#include \"catena/testing/a.hpp\"\n") == "");
  CHECK(breach("framework/catena/other.hpp", once + "#include \"catena/http/a.hpp\"\n") != "");
  CHECK(breach("framework/catena/testing/a.hpp", once + "#include <catch2/catch.hpp>\n") != "");
  CHECK(breach("framework/catena/serve/a.cpp", "#include \"plugins/builtin.hpp\"\n") != "");
  CHECK(breach("framework/catena/serve/a.cpp", "#include \"server/commands/options.hpp\"\n") != "");
  CHECK(breach("framework/catena/serve/a.cpp", "#include \"support/catch.hpp\"\n") != "");
}

TEST_CASE("the rule for plugins keeps them apart from each other and from serve", "[tree]") {
  const std::string file = "plugins/hello.cpp";
  CHECK(breach(file, "#include \"catena/plugin/plugin.hpp\"\n#include <string>\n") == "");
  CHECK(breach(file, "#include \"catena/net/address.hpp\"\n") == "");
  CHECK(breach(file, "#include <catena/plugin.hpp>\n") == "");
  CHECK(breach(file, "#include <catena/testing.hpp>\n") != "");
  CHECK(breach(file, "#include \"catena/serve/settings.hpp\"\n") != "");
  CHECK(breach(file, "#include \"catena/testing/test_chain.hpp\"\n") != "");
  CHECK(breach(file, "#include \"plugins/other.hpp\"\n") != "");
  CHECK(breach(file, "#include \"plugins/builtin.hpp\"\n") != "");
  CHECK(breach(file, "#include \"server/default_configuration.hpp\"\n") != "");
  CHECK(breach("plugins/builtin.cpp", "#include \"plugins/builtin.hpp\"\n") == "");
  CHECK(breach("plugins/hello/hello.cpp", "#include \"plugins/hello/words.hpp\"\n") == "");
  CHECK(breach("plugins/hello/hello.cpp", "#include \"plugins/other/words.hpp\"\n") != "");
  CHECK(breach("server/main.cpp", "#include \"plugins/builtin.hpp\"\n") == "");
  CHECK(breach("server/main.cpp", "#include \"plugins/hello/words.hpp\"\n") != "");
}

TEST_CASE("the rule for public headers hides the libraries underneath", "[tree]") {
  const std::string file = "framework/catena/net/a.hpp";
  const std::string once = "#pragma once\n";
  CHECK(breach(file, once + "#include <string>\n// as asio::buffer does\n") == "");
  CHECK(breach(file, once + "#include <asio.hpp>\n") ==
        "framework/catena/net/a.hpp:2: a public header shows asio\n");
  CHECK(breach(file, once + "#include <asio/ip/tcp.hpp>\n") != "");
  CHECK(breach(file, once + "#include <nlohmann/json.hpp>\n") != "");
  CHECK(breach(file, once + "#include <spdlog/spdlog.h>\n") != "");
  CHECK(breach(file, once + "#include <fmt/format.h>\n") != "");
  CHECK(breach(file, once + "#include <CLI/CLI.hpp>\n") != "");
  CHECK(breach(file, once + "class T { asio::io_context* context_; };\n") ==
        "framework/catena/net/a.hpp:2: a public header shows asio\n");
  CHECK(breach("framework/catena/net/a.cpp", "#include <asio.hpp>\n") == "");
  CHECK(breach("framework/catena/serve/listener.hpp", once + "#include <asio.hpp>\n") == "");
  const std::string listener = "#include \"catena/serve/listener.hpp\"\n";
  CHECK(breach("framework/catena/serve/server.cpp", listener) == "");
  CHECK(breach("framework/catena/serve/server.hpp", once + listener) != "");
  CHECK(breach("framework/catena/testing/a.cpp", listener) != "");
}

TEST_CASE("the rule for headers wants #pragma once", "[tree]") {
  CHECK(breach("server/a.hpp", "#include <string>\n") == "server/a.hpp: has no #pragma once\n");
  CHECK(breach("tests/support/a.hpp", "// #pragma once\n") != "");
  CHECK(breach("server/a.hpp", "#pragma once\n") == "");
  CHECK(breach("server/a.cpp", "") == "");
}

}  // namespace
