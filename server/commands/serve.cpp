#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catena/runtime/line_sink.hpp"
#include "catena/runtime/log.hpp"
#include "catena/serve/inherited_sockets.hpp"
#include "catena/serve/rehearsal_watch.hpp"
#include "catena/serve/server.hpp"
#include "plugins/builtin.hpp"
#include "server/commands/commands.hpp"
#include "server/commands/options.hpp"
#include "server/notify.hpp"

namespace catena::server {
namespace {

int serve(const ConfigurationOptions& options) {
  std::vector<UniqueFd> handed_over = take_inherited_sockets();
  Registry registry;
  plugins::add_builtin(registry);
  config::Diagnostics diagnostics;
  std::unique_ptr<Generation> first =
      options.build(registry, ConfigurationOptions::Expectations::are_left, diagnostics);
  print(diagnostics);
  if (!first) return exit_wrong_usage;
  log::set_level(first->settings().log_level);

  RehearsalWatch watch;
  const auto again = [&](config::Diagnostics& problems) {
    return options.build(registry, ConfigurationOptions::Expectations::are_tried, problems, &watch);
  };
  Server server(std::move(first), {again, [&watch] { return watch.at_work(); }});
  server.handle_signals();
  const std::vector<std::string> urls = server.listen(std::move(handed_over));
  server.listen_for_commands(options.file());
  for (const std::string& url : urls) std::cout << "[*] Server listening on " << url << '\n';
  std::cout.flush();
  notify_service_manager("READY=1");

  if (server.run() == Server::Ended::stuck) {
    // Threads that are stuck use what a return would destroy.
    flush_all_sinks(std::chrono::seconds(1));
    log::flush();
    std::_Exit(exit_failed);
  }
  log::info("stopped");
  return exit_done;
}

}  // namespace

void add_serve(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("serve", "Serves; what is done when no command is given");
  const auto options = std::make_shared<ConfigurationOptions>();
  options->add_to(*command);
  command->callback([options, &exit_code] {
    try {
      exit_code = serve(*options);
    } catch (const std::exception& error) {
      std::cerr << "catena: " << error.what() << '\n';
      exit_code = exit_failed;
    }
  });
}

}  // namespace catena::server
