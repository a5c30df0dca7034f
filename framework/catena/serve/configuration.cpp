#include "catena/serve/configuration.hpp"

#include <array>
#include <string_view>
#include <system_error>
#include <utility>

#include "catena/config/schema.hpp"
#include "catena/net/address.hpp"
#include "catena/plugin/chain_builder.hpp"
#include "catena/plugin/module.hpp"

namespace catena {
namespace {

struct Top {
  Settings server;
  std::vector<std::filesystem::path> modules;
  std::optional<std::filesystem::path> root;
  config::Chain chain;
  std::vector<Expectation> expect;
};

config::Fields<Top> top_fields() {
  config::Fields<Top> fields;
  fields.add("server", &Top::server, "Listening, limits and timeouts.", settings_fields());
  fields.add("modules", &Top::modules, "Shared libraries that bring plugins.");
  fields.add("root", &Top::root, "The directory that files are served from.");
  fields.add("chain", &Top::chain, "The handlers, outermost first.").required();
  fields.add("expect", &Top::expect,
             "Requests and what their responses must be, tried by `catena check` without a socket.",
             expectation_fields());
  return fields;
}

/// What editors put at the top: the schema that they check the file by.
constexpr std::array<std::string_view, 1> not_ours{"$schema"};

/// "[::1]" is "::1" as an address is written before a port.
std::string without_brackets(const std::string& host) {
  const bool is_v6 = host.find(':') != std::string::npos;
  return is_v6 && host.front() == '[' && host.back() == ']' ? host.substr(1, host.size() - 2)
                                                            : host;
}

/// The document's "root", whatever it is, also where it could not be had; null when there is none,
/// or a null.
const config::Value* named_root(const config::Value& document) {
  const config::Value* root = document.find("root");
  if (root == nullptr || root->failure() != nullptr) return root;
  return root->kind() == config::Value::Kind::null ? nullptr : root;
}

/// The one address that --host and --port make of the list.
std::string overridden_address(const std::vector<std::string>& listen, const Overrides& overrides) {
  ListenAddress address{"127.0.0.1", 8080, {}};
  for (const std::string& text : listen) {
    const auto listed = parse_listen_address(text);
    if (listed && !listed->is_local()) {
      address = *listed;
      break;
    }
  }
  if (overrides.host) address.host = without_brackets(*overrides.host);
  if (overrides.port) address.port = *overrides.port;
  return address.text();
}

/// The plugins at hand, with those of the modules that the document names as it should.
struct AtHand {
  Registry registry;
  bool all = true;  // false when there are modules whose plugins could not be had
};
AtHand with_modules(const config::Value& document, const Registry& builtin,
                    config::Diagnostics& diagnostics) {
  AtHand found{builtin};
  const config::Value* modules = document.find("modules");
  if (modules == nullptr) return found;
  // Where no list of paths stands, that was reported already.
  found.all = modules->kind() == config::Value::Kind::array;
  for (const config::Value& module : modules->items()) {
    if (module.kind() != config::Value::Kind::string || module.as_string().empty()) {
      found.all = false;
      continue;
    }
    const std::filesystem::path path = module.directory() / module.as_string();
    if (const auto refusal = add_module(path, found.registry)) {
      found.all = false;
      diagnostics.add(module.problem("module " + path.string() + " is refused: " + *refusal));
    }
  }
  return found;
}

void open_root(const config::Value& document, const Top& top, const Overrides& overrides,
               Configuration& configuration, config::Diagnostics& diagnostics) {
  const std::optional<std::filesystem::path> root = overrides.root ? overrides.root : top.root;
  if (!root) return;
  if (root->empty() && !overrides.root) return;  // no path stands there, which was reported
  try {
    configuration.root = std::make_unique<DocumentRoot>(*root, configuration.files);
  } catch (const std::system_error& error) {
    std::string message = "can't serve from " + root->string() + ": " + error.code().message() +
                          "; name a directory that is there";
    if (overrides.root) {
      diagnostics.add({"--root", {}, {}, std::move(message)});
    } else {
      diagnostics.add(named_root(document)->problem(message + ", here or with --root"));
    }
  }
}

}  // namespace

std::optional<Configuration> load_configuration(const config::Value& document,
                                                const Overrides& overrides, const Registry& builtin,
                                                config::Diagnostics& diagnostics) {
  Top top = top_fields().read(document, diagnostics, {}, not_ours);
  Configuration configuration;
  configuration.files = std::make_shared<OpenFileCache>();
  AtHand at_hand = with_modules(document, builtin, diagnostics);
  configuration.registry = std::move(at_hand.registry);
  open_root(document, top, overrides, configuration, diagnostics);
  if (document.find("chain") != nullptr) {
    ChainBuilder builder(configuration.registry, diagnostics,
                         overrides.root || named_root(document) != nullptr, configuration.files);
    if (!at_hand.all) builder.some_plugins_are_missing();
    configuration.pipeline = builder.build(top.chain);
  }
  if (overrides.host || overrides.port) {
    const std::string address = overridden_address(top.server.listen, overrides);
    if (!parse_listen_address(address)) {
      diagnostics.add(
          {"--host",
           {},
           {},
           "\"" + *overrides.host + "\" is no host to listen on; --port takes the port"});
    }
    top.server.listen = {address};
  }
  if (overrides.log_level) top.server.log_level = *overrides.log_level;
  configuration.settings = std::move(top.server);
  configuration.expectations = std::move(top.expect);
  if (!diagnostics.empty()) return std::nullopt;
  return configuration;
}

Registry plugins_at_hand(const config::Value& document, const Registry& builtin,
                         config::Diagnostics& diagnostics) {
  top_fields().read(document, diagnostics, {}, not_ours);
  return with_modules(document, builtin, diagnostics).registry;
}

bool meets_expectations(const Configuration& configuration, const config::Value& document,
                        config::Diagnostics& diagnostics, RehearsalWatch* watch) {
  if (configuration.expectations.empty()) return true;
  const std::size_t before = diagnostics.size();
  check_expectations(configuration.expectations, *document.find("expect"), configuration,
                     diagnostics, watch);
  return diagnostics.size() == before;
}

config::FieldList configuration_fields() { return top_fields().list(); }

std::string configuration_schema(const Registry& registry) {
  std::vector<config::HandlerInfo> handlers;
  for (const std::string& name : registry.names()) {
    const Plugin& plugin = *registry.find(name);
    handlers.push_back({plugin.name, plugin.summary, plugin.options});
  }
  return config::json_schema(configuration_fields(), handlers);
}

}  // namespace catena
