#include <algorithm>
#include <charconv>
#include <chrono>
#include <exception>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "catena/config/diagnostics.hpp"
#include "catena/config/document.hpp"
#include "catena/serve/control_client.hpp"
#include "catena/serve/control_place.hpp"
#include "server/commands/commands.hpp"

namespace catena::server {
namespace {

using control::Found;

struct ReloadOptions {
  std::string config;
  std::string control;
  long process = 0;
  unsigned seconds = 60;
};

/// The control socket that a configuration names; nothing when it names none, or can't be read:
/// saying so is the server's.
std::optional<std::filesystem::path> control_in(const std::string& file) {
  config::Diagnostics diagnostics;
  const auto document = config::read_file(file, diagnostics);
  const config::Value* server = document ? document->find("server") : nullptr;
  const config::Value* control = server != nullptr ? server->find("control") : nullptr;
  if (control == nullptr || control->kind() != config::Value::Kind::string) return std::nullopt;
  return control->directory() / control->as_string();
}

/// What is wrong with the number of a process, for CLI11; empty when nothing is.
std::string is_process(const std::string& text) {
  pid_t process = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, process);
  if (error == std::errc() && stopped == end && process > 0) return {};
  return "\"" + text + "\": expected the number of a process, as in --pid 4711";
}

std::vector<Found> find(const ReloadOptions& options) {
  if (!options.control.empty()) {
    const auto found = control::find_at(options.control);
    return found ? std::vector{*found} : std::vector<Found>{};
  }
  if (!options.config.empty()) {
    const auto named = control_in(options.config);
    if (const auto found = named ? control::find_at(*named) : std::nullopt) return {*found};
  }
  std::vector<Found> all = control::find_all();
  if (options.process != 0) {
    std::erase_if(all, [&](const Found& found) {
      return found.socket.filename() != control_name(static_cast<pid_t>(options.process));
    });
  }
  if (!options.config.empty()) {
    std::error_code error;
    const std::string file = std::filesystem::weakly_canonical(options.config, error).string();
    std::erase_if(all, [&](const Found& found) {
      return !found.status || found.status->configuration != file;
    });
  }
  return all;
}

std::string describe(const Found& found) {
  if (!found.status) return found.socket.string() + ", which does not answer";
  const control::Status& status = *found.status;
  std::string text = "process " + std::to_string(status.process) + ", ";
  text += status.configuration.empty() ? "the built-in configuration" : status.configuration;
  for (const std::string& url : status.urls) text += ", " + url;
  return text;
}

void say_that_there_is_none(const ReloadOptions& options) {
  if (!options.control.empty()) {
    std::cerr << "catena: nobody listens at the control socket " << options.control << '\n';
    return;
  }
  std::cerr << "catena: no such server of this user is running; looked for control sockets in";
  std::string_view separator = " ";
  for (const auto& directory : control_directories()) {
    std::cerr << separator << directory.string();
    separator = ", ";
  }
  std::cerr << ". --control names a socket elsewhere\n";
}

int print(const Verdict& verdict, const Found& found) {
  const std::string who = found.status ? std::to_string(found.status->process) : "?";
  switch (verdict.kind) {
    case Verdict::Kind::done:
      std::cout << "reloaded, process " << who
                << (verdict.lines.empty() ? "; the configuration says what it said before\n"
                                          : "\n");
      for (const std::string& line : verdict.lines) std::cout << "  " << line << '\n';
      return exit_done;
    case Verdict::Kind::wrong:
      for (const std::string& line : verdict.lines) std::cerr << line << '\n';
      std::cerr << "catena: not reloaded: the new configuration is wrong, the old one is served "
                   "still\n";
      return exit_wrong_usage;
    case Verdict::Kind::failed: break;
  }
  for (const std::string& line : verdict.lines) std::cerr << "catena: " << line << '\n';
  std::cerr << "catena: not reloaded: the old configuration is served still\n";
  return exit_failed;
}

int reload(const ReloadOptions& options) {
  const std::vector<Found> servers = find(options);
  if (servers.empty()) {
    say_that_there_is_none(options);
    return exit_failed;
  }
  if (servers.size() > 1) {
    std::cerr << "catena: several servers are running; choose one by --pid, --config or "
                 "--control:\n";
    for (const Found& found : servers) std::cerr << "  " << describe(found) << '\n';
    return exit_wrong_usage;
  }
  const Found& server = servers.front();
  return print(control::reload(server.socket, std::chrono::seconds(options.seconds)), server);
}

}  // namespace

void add_reload(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "reload", "Has a running server take its configuration anew, and says how that went");
  const auto options = std::make_shared<ReloadOptions>();
  auto* config = command->add_option("--config", options->config, "The server that runs with it")
                     ->type_name("FILE");
  auto* control = command
                      ->add_option("--control", options->control,
                                   "The server that listens at this control socket")
                      ->type_name("PATH");
  auto* process = command->add_option("--pid", options->process, "The server of that process")
                      ->type_name("N")
                      ->check(is_process);
  command->add_option("--timeout", options->seconds, "Seconds to wait for the verdict; 60")
      ->type_name("SECONDS")
      ->check(CLI::Range(1, 86'400));
  config->excludes(control)->excludes(process);
  control->excludes(process);
  command->callback([options, &exit_code] {
    try {
      exit_code = reload(*options);
    } catch (const std::exception& error) {
      std::cerr << "catena: " << error.what() << '\n';
      exit_code = exit_failed;
    }
  });
}

}  // namespace catena::server
