#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "catena/plugin/plugin_name.hpp"
#include "plugins/builtin.hpp"
#include "server/commands/commands.hpp"
#include "server/plugin_template.hpp"

namespace catena::server {
namespace {

namespace fs = std::filesystem;

// What the plugin of the template is called, in its files and as a part of a type's name.
constexpr std::string_view template_name = "new_plugin";
constexpr std::string_view template_type = "NewPlugin";

/// What may not be done as the command line asks.
class Refusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What can't be done, although it may.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

/// "hello_world" of "Hello-World".
std::string likely_name(std::string text) {
  for (char& c : text) {
    c = c == '-' || c == ' ' || c == '.'
            ? '_'
            : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

/// Names that a target of CMake can't have, and the library's own.
bool is_taken_by_the_build(std::string_view name) {
  constexpr std::array<std::string_view, 11> taken{
      "all",     "catena",  "clean",      "depend",        "edit_cache", "help",
      "install", "package", "preinstall", "rebuild_cache", "test"};
  return std::find(taken.begin(), taken.end(), name) != taken.end();
}

void check_name(const std::string& name) {
  if (!is_plugin_name(name)) {
    const std::string likely = likely_name(name);
    throw Refusal("\"" + name + "\" is no name for a plugin: " + std::string(plugin_name_rule) +
                  (is_plugin_name(likely) ? "; did you mean \"" + likely + "\"?" : ""));
  }
  Registry builtin;
  plugins::add_builtin(builtin);
  if (builtin.find(name) != nullptr) {
    throw Refusal("a plugin \"" + name + "\" comes with catena; choose another name");
  }
  if (is_taken_by_the_build(name)) {
    throw Refusal("\"" + name + "\" already means something to the build; choose another name");
  }
}

constexpr const char* another_folder = ": catena new plugin NAME DIR";

/// The folder is made, or is there and empty: nothing is ever overwritten.
void make_folder(const fs::path& folder) {
  try {
    if (fs::exists(fs::symlink_status(folder)) &&
        !(fs::is_directory(folder) && fs::is_empty(folder))) {
      throw Refusal(folder.string() + " is there already; name a folder that is not, or is empty" +
                    another_folder);
    }
    fs::create_directories(folder);
  } catch (const fs::filesystem_error& error) {
    throw Failure("can't make the folder " + folder.string() + ": " + error.code().message() +
                  "; name one where you may write" + another_folder);
  }
}

/// "HelloWorld" of "hello_world".
std::string type_of(std::string_view name) {
  std::string type;
  bool upper = true;
  for (const char c : name) {
    if (c != '_') type.push_back(upper && is_letter(c) ? static_cast<char>(c - 'a' + 'A') : c);
    upper = c == '_';
  }
  return type;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string renamed(std::string_view text, const std::string& name) {
  return replaced(replaced(std::string(text), template_name, name), template_type, type_of(name));
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text << std::flush;
  if (!out) {
    throw Failure("can't write " + file.string() + ": " + std::generic_category().message(errno) +
                  "; name another folder, or make room" + another_folder);
  }
}

/// As a shell takes it for one word.
std::string shell_word(const std::string& text) {
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("/._-+").find(c) != std::string_view::npos;
  };
  if (std::all_of(text.begin(), text.end(), is_plain)) return text;
  return "'" + replaced(text, "'", R"('\'')") + "'";
}

/// Where this binary is installed; empty when it runs from where it was built.
fs::path installed_prefix() {
  std::error_code error;
  const fs::path prefix = fs::read_symlink("/proc/self/exe", error).parent_path().parent_path();
  return fs::is_directory(prefix / "include/catena", error) ? prefix : fs::path();
}

/// What CMake must be told to find catena; nothing where it looks by itself.
std::string prefix_option(const fs::path& prefix) {
  if (prefix.empty()) return " -DCMAKE_PREFIX_PATH=PREFIX";
  if (prefix == "/usr" || prefix == "/usr/local") return {};
  return " -DCMAKE_PREFIX_PATH=" + shell_word(prefix.string());
}

void print_next_steps(const fs::path& folder, const std::vector<std::string>& written) {
  std::cout << "Wrote to " << folder.string() << ":";
  for (const std::string& name : written) std::cout << ' ' << name;
  const fs::path prefix = installed_prefix();
  std::cout << "\n\nBuild, test and serve it:\n\n    cd " << shell_word(folder.string())
            << "\n    cmake -B build" << prefix_option(prefix)
            << "\n    cmake --build build\n    ctest --test-dir build\n"
               "    catena --config server.json\n";
  if (prefix.empty()) {
    std::cout << "\nPREFIX is where catena is installed. This binary is not; in its build folder, "
                 "`cmake --install . --prefix PREFIX` does it.\n";
  }
  std::cout.flush();
}

void write_plugin(const std::string& name, const fs::path& folder) {
  check_name(name);
  make_folder(folder);
  std::vector<std::string> written;
  for (const TemplateFile& file : plugin_template) {
    written.push_back(renamed(file.name, name));
    write(folder / written.back(), renamed(file.text, name));
  }
  print_next_steps(folder, written);
}

int new_plugin(const std::string& name, const std::string& folder) {
  try {
    write_plugin(name, folder.empty() ? name : folder);
    return exit_done;
  } catch (const Refusal& refusal) {
    std::cerr << "catena: " << refusal.what() << '\n';
    return exit_wrong_usage;
  } catch (const Failure& failure) {
    std::cerr << "catena: " << failure.what() << '\n';
    return exit_failed;
  }
}

}  // namespace

void add_new(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("new", "Writes the beginning of something new");
  command->require_subcommand(1);
  CLI::App* plugin = command->add_subcommand(
      "plugin", "Writes a plugin project that builds, passes its tests and serves as it stands");
  const auto name = std::make_shared<std::string>();
  const auto folder = std::make_shared<std::string>();
  plugin->add_option("NAME", *name, "What chains call it: lower case, digits, underscores")
      ->required();
  plugin->add_option("DIR", *folder, "The project's folder; ./NAME without one");
  plugin->callback([name, folder, &exit_code] { exit_code = new_plugin(*name, *folder); });
}

}  // namespace catena::server
