#pragma once

#include <CLI/CLI.hpp>

namespace catena::server {

/// Each adds a subcommand. Its callback leaves the exit code in `exit_code`: 0 done, 1 a failure
/// while running, 2 the command line or the configuration is wrong.
void add_serve(CLI::App& app, int& exit_code);
void add_check(CLI::App& app, int& exit_code);
void add_config(CLI::App& app, int& exit_code);
void add_explain(CLI::App& app, int& exit_code);
void add_new(CLI::App& app, int& exit_code);
void add_plugins(CLI::App& app, int& exit_code);
void add_test(CLI::App& app, int& exit_code);
void add_schema(CLI::App& app, int& exit_code);
void add_reload(CLI::App& app, int& exit_code);

constexpr int exit_done = 0;
constexpr int exit_failed = 1;
constexpr int exit_wrong_usage = 2;

}  // namespace catena::server
