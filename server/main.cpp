#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "catena/config/spelling.hpp"
#include "catena/version.hpp"
#include "server/commands/commands.hpp"

namespace {

constexpr const char* usage_notes =
    "Without a command it serves: `catena --port 9000` is `catena serve --port 9000`.\n"
    "Exit codes: 0 done, 1 a failure while running, 2 the command line or configuration is wrong.";

/// Whoever starts us with standard input, output or error closed must not make the next file or
/// socket that is opened take its place.
void open_standard_descriptors() {
  for (int fd = 0; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) ::open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY);
  }
}

/// `catena --port 9000` means `catena serve --port 9000`.
bool names_no_command(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return true;
  const std::string& first = arguments.front();
  return first.starts_with("-") && first != "--help" && first != "-h" && first != "--version";
}

/// Whether the first argument is a word that is no command; says so.
bool names_unknown_command(const CLI::App& app, const std::vector<std::string>& arguments) {
  const std::string& name = arguments.front();
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands(nullptr)) known.push_back(command->get_name());
  if (name.starts_with("-") || std::find(known.begin(), known.end(), name) != known.end()) {
    return false;
  }
  std::cerr << "catena: no command \"" << name << '"';
  if (const auto nearest = catena::config::nearest(name, known)) {
    std::cerr << "; did you mean \"" << *nearest << "\"?\n";
  } else {
    std::cerr << "; `catena --help` lists them\n";
  }
  return true;
}

}  // namespace

int main(int argc, char* argv[]) {
  using namespace catena::server;
  open_standard_descriptors();
  CLI::App app("An HTTP server whose every step is a plugin.", "catena");
  app.set_version_flag("--version", "catena " CATENA_VERSION);
  app.footer(usage_notes);
  app.require_subcommand(1);
  int exit_code = exit_wrong_usage;
  add_serve(app, exit_code);
  add_check(app, exit_code);
  add_config(app, exit_code);
  add_explain(app, exit_code);
  add_new(app, exit_code);
  add_plugins(app, exit_code);
  add_test(app, exit_code);
  add_schema(app, exit_code);
  add_reload(app, exit_code);

  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (names_no_command(arguments)) arguments.insert(arguments.begin(), "serve");
  if (names_unknown_command(app, arguments)) return exit_wrong_usage;
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_done : exit_wrong_usage;
  }
  return exit_code;
}
