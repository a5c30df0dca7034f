#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string>

#include "catena/runtime/line_sink.hpp"
#include "catena/runtime/log.hpp"
#include "catena/serve/server.hpp"
#include "plugins/builtin.hpp"
#include "server/commands/commands.hpp"
#include "server/commands/options.hpp"

namespace catena::server {
namespace {

int serve(const ConfigurationOptions& options) {
  Registry registry;
  plugins::add_builtin(registry);
  const std::optional<Configuration> configuration = options.load(registry);
  if (!configuration) return exit_wrong_usage;
  log::set_level(configuration->settings.log_level);

  const Service service{configuration->settings, *configuration->pipeline,
                        configuration->root.get()};
  Server server(service);
  server.handle_signals();
  const std::vector<std::string> urls = server.listen();
  configuration->pipeline->start();
  for (const std::string& url : urls) std::cout << "[*] Server listening on " << url << '\n';
  std::cout.flush();

  if (server.run() == Server::Ended::stuck) {
    // Threads that are stuck use what a return would destroy.
    flush_all_sinks(std::chrono::seconds(1));
    log::flush();
    std::_Exit(exit_failed);
  }
  configuration->pipeline->stop();
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
