#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "server/commands/commands.hpp"

namespace {

constexpr const char* usage_notes =
    "Without a command it serves: `catena --port 9000` is `catena serve --port 9000`.\n"
    "Exit codes: 0 done, 1 a failure while running, 2 the command line or configuration is wrong.";

/// `catena --port 9000` means `catena serve --port 9000`.
bool names_no_command(const std::vector<std::string>& arguments) {
  if (arguments.empty()) return true;
  const std::string& first = arguments.front();
  return first.starts_with("-") && first != "--help" && first != "-h" && first != "--version";
}

}  // namespace

int main(int argc, char* argv[]) {
  using namespace catena::server;
  CLI::App app("An HTTP server whose every step is a plugin.", "catena");
  app.set_version_flag("--version", "catena " CATENA_VERSION);
  app.footer(usage_notes);
  app.require_subcommand(1);
  int exit_code = exit_wrong_usage;
  add_serve(app, exit_code);
  add_check(app, exit_code);
  add_config(app, exit_code);
  add_plugins(app, exit_code);

  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (names_no_command(arguments)) arguments.insert(arguments.begin(), "serve");
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_done : exit_wrong_usage;
  }
  return exit_code;
}
