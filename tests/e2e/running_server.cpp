#include "e2e/running_server.hpp"

#include <csignal>
#include <cstdlib>
#include <string_view>

namespace catena::testing {
namespace {

constexpr std::string_view listening = "[*] Server listening on http://";

Process::Setup with_free_port(Process::Setup setup) {
  setup.arguments.insert(setup.arguments.end(), {"--port", "0"});
  return setup;
}

}  // namespace

RunningServer::RunningServer(Process::Setup setup)
    : RunningServer(with_free_port(std::move(setup)), AsConfigured{}) {}

RunningServer::RunningServer(Process::Setup setup, AsConfigured)
    : process_(CATENA_BINARY, std::move(setup)) {
  process_.wait_for_output(std::string(listening));
  process_.wait_for_output("\n");
  const std::string output = process_.output();
  const std::size_t line = output.find(listening) + listening.size();
  const std::size_t colon = output.find(':', line);
  port_ = static_cast<std::uint16_t>(std::atoi(output.c_str() + colon + 1));
}

Process::Setup RunningServer::with_configuration(const TempDir& directory, std::string_view text) {
  Process::Setup setup;
  setup.arguments = {"--config", directory.write("site.json", text).string()};
  return setup;
}

int RunningServer::stop() {
  process_.signal(SIGTERM);
  return process_.wait();
}

Process::Setup serving(const TempDir& directory, std::vector<std::string> more_arguments) {
  Process::Setup setup;
  setup.arguments = {"--root", directory.path().string()};
  setup.arguments.insert(setup.arguments.end(), more_arguments.begin(), more_arguments.end());
  return setup;
}

}  // namespace catena::testing
