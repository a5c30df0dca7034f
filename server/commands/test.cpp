#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "catena/config/spelling.hpp"
#include "catena/plugin/module.hpp"
#include "catena/serve/rehearsal.hpp"
#include "catena/testing/test_chain.hpp"
#include "plugins/builtin.hpp"
#include "server/commands/commands.hpp"
#include "server/commands/request_options.hpp"

namespace catena::server {
namespace {

struct TestOptions {
  std::string module;
  std::vector<std::string> requests;
  std::vector<std::string> fields;
  std::string body;
  std::string plugin;
  std::string options = "{}";
  std::string root;
};

using Requests = std::vector<RehearsedRequest>;

/// What is to be sent; nothing, with words, when it is none.
std::optional<Requests> read_requests(const TestOptions& options) {
  Requests requests;
  for (const std::string& text : options.requests) {
    auto request = parse_rehearsed(text);
    if (!request) {
      std::cerr << "catena: --request \"" << text
                << "\": expected a method and a target, as in GET /docs/\n";
      return std::nullopt;
    }
    if (!add_fields(options.fields, *request)) return std::nullopt;
    request->body = options.body;
    requests.push_back(std::move(*request));
  }
  return requests;
}

/// The names of the plugins that come of a module.
std::vector<std::string> brought(const Registry& registry) {
  std::vector<std::string> names;
  for (const std::string& name : registry.names()) {
    if (registry.find(name)->module != nullptr) names.push_back(name);
  }
  return names;
}

/// The plugin to try: the one that is named, else the only one; null, with words, when that is
/// none.
const Plugin* chosen(const Registry& registry, const TestOptions& options) {
  const std::vector<std::string> names = brought(registry);
  if (options.plugin.empty() && names.size() == 1) return registry.find(names.front());
  if (options.plugin.empty()) {
    std::cerr << "catena: " << options.module
              << " brings several plugins; choose one with --plugin:";
    for (const std::string& name : names) std::cerr << ' ' << name;
    std::cerr << '\n';
    return nullptr;
  }
  const Plugin* plugin = registry.find(options.plugin);
  if (plugin != nullptr && plugin->module != nullptr) return plugin;
  std::cerr << "catena: " << options.module << " brings no plugin \"" << options.plugin << '"';
  if (const auto nearest = config::nearest(options.plugin, names)) {
    std::cerr << "; did you mean \"" << *nearest << "\"?";
  }
  std::cerr << '\n';
  return nullptr;
}

void print(const HttpResponse& response) {
  std::cout << "HTTP/1.1 " << response.status << ' ' << response.reason << '\n';
  for (const auto& [name, value] : response.headers) std::cout << name << ": " << value << '\n';
  std::cout << '\n' << response.body;
  if (!response.body.empty() && response.body.back() != '\n') std::cout << '\n';
}

/// Says what a crash means for as long as it lives; the crash takes its course all the same.
class CrashNote {
 public:
  CrashNote() {
    struct sigaction action {};
    action.sa_handler = say;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (std::size_t at = 0; at < signals.size(); ++at) {
      ::sigaction(signals[at], &action, &before_[at]);
    }
  }
  CrashNote(const CrashNote&) = delete;
  CrashNote& operator=(const CrashNote&) = delete;
  ~CrashNote() {
    for (std::size_t at = 0; at < signals.size(); ++at) {
      ::sigaction(signals[at], &before_[at], nullptr);
    }
  }

 private:
  static constexpr std::array<int, 5> signals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

  static void say(int signal) {
    constexpr std::string_view text =
        "catena: the plugin crashed in a dry run before its start(); `catena check`, `catena "
        "explain` and every reload do one, so its handlers must hold back where exchange.dry_run "
        "is true\n";
    if (::write(STDERR_FILENO, text.data(), text.size()) < 0) return;
    ::raise(signal);
  }

  std::array<struct sigaction, signals.size()> before_{};
};

void rehearse(testing::TestChain& chain, const std::string& bytes) {
  std::cout.flush();
  const CrashNote note;
  chain.rehearse_before_start({bytes});
}

/// Tries a plugin as a reload would before its start, if it does without options.
void try_out(const Registry& registry, const Plugin& plugin) {
  if (plugin.needs_root) return;
  testing::TestChain chain;
  try {
    chain.plugins(registry).add(plugin);
  } catch (const std::invalid_argument&) {
    return;
  }
  rehearse(chain, RehearsedRequest{}.bytes());
}

void list(const Registry& registry) {
  for (const std::string& name : brought(registry)) {
    const Plugin& plugin = *registry.find(name);
    std::cout << name << ": " << plugin.summary << '\n';
    try_out(registry, plugin);
  }
}

/// Sends the requests, after a dry run of the first, and prints what comes back. Throws
/// std::invalid_argument for wrong options of the plugin, other exceptions for what fails.
void send(const Requests& requests, const TestOptions& options, const Registry& registry,
          const Plugin& plugin) {
  testing::TestChain chain;
  if (!options.root.empty()) chain.root(options.root);
  chain.plugins(registry).add(plugin, options.options);
  rehearse(chain, requests.front().bytes());
  for (const RehearsedRequest& request : requests) {
    const std::string output = chain.raw({request.bytes()});
    const auto responses = take_responses(output, true, {request.method});
    if (responses.empty()) {
      throw std::runtime_error(request.method + " " + request.target +
                               ": the connection was closed without a response");
    }
    print(responses.front());
    if (!responses.front().complete) {
      std::cout.flush();
      throw std::runtime_error(request.method + " " + request.target +
                               ": the response is cut off, because its body failed");
    }
  }
}

int test(const TestOptions& options) {
  const auto requests = read_requests(options);
  if (!requests) return exit_wrong_usage;
  Registry registry;
  plugins::add_builtin(registry);
  if (const auto refusal = add_module(options.module, registry)) {
    std::cerr << "catena: module " << options.module << " is refused: " << *refusal << '\n';
    return exit_wrong_usage;
  }
  if (requests->empty()) {
    list(registry);
    return exit_done;
  }
  const Plugin* plugin = chosen(registry, options);
  if (plugin == nullptr) return exit_wrong_usage;
  try {
    send(*requests, options, registry, *plugin);
    return exit_done;
  } catch (const std::invalid_argument& error) {
    std::cerr << error.what();
    return exit_wrong_usage;
  } catch (const std::exception& error) {
    std::cerr << "catena: " << error.what() << '\n';
    return exit_failed;
  }
}

}  // namespace

void add_test(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "test",
      "Loads a module as the server would, sends requests to its plugin without a socket, "
      "and prints the responses; without requests it names the plugins");
  const auto options = std::make_shared<TestOptions>();
  command->add_option("MODULE", options->module, "The module: lib<name>.so")->required();
  command->add_option("--request", options->requests, "What to send; more than once")
      ->type_name("'METHOD TARGET'")
      ->allow_extra_args(false);
  add_field_option(*command, options->fields);
  command->add_option("--body", options->body, "The content of the requests")->type_name("TEXT");
  command->add_option("--plugin", options->plugin, "The plugin, where the module brings several")
      ->type_name("NAME");
  command->add_option("--options", options->options, "Its options, as in a chain")
      ->type_name("JSON");
  command->add_option("--root", options->root, "The directory to serve files from")
      ->type_name("DIR");
  for (const char* name : {"-H", "--body", "--plugin", "--options", "--root"}) {
    command->get_option(name)->needs("--request");
  }
  command->callback([options, &exit_code] { exit_code = test(*options); });
}

}  // namespace catena::server
