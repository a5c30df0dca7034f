// Sends what matches down a chain of its own: by host, path, method or header field. The first
// route that matches takes the request, and one without conditions takes all; what no route takes
// goes on down the chain that this handler stands in. Virtual hosts are routes by host.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "catena/config/patterns.hpp"
#include "catena/fs/document_root.hpp"
#include "catena/http/match.hpp"
#include "catena/http/text.hpp"
#include "catena/plugin/plugin.hpp"

namespace catena::plugins {
namespace {

using Alternatives = std::optional<std::vector<std::string>>;

struct RouteOptions {
  Alternatives host;
  Alternatives path;
  Alternatives pattern;
  Alternatives method;
  std::optional<std::map<std::string, std::string, std::less<>>> header;
  std::optional<std::filesystem::path> root;
  config::Chain chain;

  bool takes_all() const { return !host && !path && !pattern && !method && !header; }
};

struct Options {
  std::vector<RouteOptions> routes;
};

config::Fields<RouteOptions> route_fields() {
  config::Fields<RouteOptions> fields;
  fields
      .add(
          "host", &RouteOptions::host,
          "Hosts that are asked for, without a port: \"example.com\", or \"*.example.com\" for all "
          "names below it.")
      .each([](const std::string& text) { return is_host_pattern(text); },
            "a host without a port, or \"*.\" and a name", R"(^(?:\*\.)?(?:\[.*\]|[^*:\s/]+)$)")
      .at_least(1);
  fields
      .add("path", &RouteOptions::path,
           "Paths, by whole segments: \"/docs\" is that path and all beneath it.")
      .each([](const std::string& text) { return is_normal_path(text); },
            R"(a path that begins with "/", decoded ("/a b", not "/a%20b"), without "//", "." and )"
            R"("..")",
            R"(^/(?!.*%[0-9A-Fa-f]{2}|(?:.*/)?\.{0,2}/|(?:.*/)?\.{1,2}$))")
      .at_least(1);
  fields
      .add(
          "pattern", &RouteOptions::pattern,
          "Patterns of whole paths: \"*\" is any text in a segment, \"**\" any number of segments.")
      .each([](const std::string& text) { return is_path_pattern(text) && is_normal_path(text); },
            R"(a path that begins with "/", decoded, without "//", "." and "..", in which "**" )"
            "stands alone in its segment",
            R"(^/(?!.*%[0-9A-Fa-f]{2}|(?:.*/)?\.{0,2}/|(?:.*/)?\.{1,2}$|.*(?:[^/]\*\*|\*\*[^/])))")
      .at_least(1);
  fields.add("method", &RouteOptions::method, "Methods.")
      .each([](const std::string& text) { return is_method_name(text); },
            R"(a method name as it is sent ("GET", not "get"))", config::method_pattern)
      .at_least(1);
  fields
      .add(
          "header", &RouteOptions::header,
          "Fields of the request and their values, \"*\" for any value; all of them must be there.")
      .key([](const std::string& name) { return is_token(name); }, "a field name",
           config::token_pattern)
      .at_least(1);
  fields.add("root", &RouteOptions::root,
             "The directory that this chain serves files from, instead of the one further out.");
  fields.add("chain", &RouteOptions::chain, "The handlers of this route, outermost first.")
      .required();
  return fields;
}

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields
      .add(
          "routes", &Options::routes,
          "The alternatives, in order. A request takes the first one of which every condition that "
          "is there holds, by any of its entries.",
          route_fields())
      .required()
      .at_least(1);
  return fields;
}

/// "by host and path"
std::string conditions(const RouteOptions& route) {
  std::vector<std::string_view> names;
  if (route.host) names.push_back("host");
  if (route.path) names.push_back("path");
  if (route.pattern) names.push_back("pattern");
  if (route.method) names.push_back("method");
  if (route.header) names.push_back("header");
  if (names.empty()) return "which takes all";
  std::string text("by ");
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text.append(i + 1 == names.size() ? " and " : ", ");
    text.append(names[i]);
  }
  return text;
}

struct Route {
  RouteOptions options;
  std::string name;                    // its place in "routes" and what it goes by, for notes
  std::unique_ptr<DocumentRoot> root;  // null where the one further out stays
  std::unique_ptr<Pipeline> chain;
};

template <typename Matches>
bool holds(const Alternatives& condition, Matches matches) {
  return !condition || std::any_of(condition->begin(), condition->end(), matches);
}

bool matches(const RouteOptions& route, const Exchange& exchange) {
  const Request& request = exchange.request;
  const auto has = [&request](const auto& wanted) {
    return std::any_of(request.headers.begin(), request.headers.end(),
                       [&wanted](const Field& field) {
                         return equals_ignoring_case(field.name, wanted.first) &&
                                (wanted.second == "*" || field.value == wanted.second);
                       });
  };
  return holds(route.host, [&](const auto& host) { return matches_host(request.host, host); }) &&
         holds(route.path, [&](const auto& path) { return is_beneath(exchange.path(), path); }) &&
         holds(route.pattern,
               [&](const auto& path) { return matches_path(exchange.path(), path); }) &&
         holds(route.method, [&](const auto& name) { return request.method == name; }) &&
         (!route.header || std::all_of(route.header->begin(), route.header->end(), has));
}

class Router : public Handler {
 public:
  explicit Router(std::vector<Route> routes) : routes_(std::move(routes)) {}

  void handle(Exchange& exchange, Next& next) const override {
    const auto route = std::find_if(routes_.begin(), routes_.end(), [&](const Route& candidate) {
      return matches(candidate.options, exchange);
    });
    if (route == routes_.end()) {
      exchange.note("no route matches");
      return next(exchange);
    }
    exchange.note("route ", route->name);
    exchange.values.set(Taken{route->chain.get()}, this);
    const DocumentRoot* outer = exchange.root;
    if (route->root) exchange.root = route->root.get();
    route->chain->run(exchange);
    exchange.root = outer;
  }

  void finished(const Exchange& exchange, const Sent& sent) const noexcept override {
    if (const Taken* taken = exchange.values.find<Taken>(this)) {
      taken->chain->finished(exchange, sent);
    }
  }
  bool wants_duration() const noexcept override {
    return std::any_of(routes_.begin(), routes_.end(),
                       [](const Route& route) { return route.chain->wants_duration(); });
  }

  void take_over(const Handler& predecessor) override {
    const auto& before = dynamic_cast<const Router&>(predecessor);
    for (std::size_t at = 0; at < std::min(routes_.size(), before.routes_.size()); ++at) {
      routes_[at].chain->take_over(*before.routes_[at].chain);
    }
  }

  void start() override {
    for (const Route& route : routes_) route.chain->start();
  }
  void stop() noexcept override {
    for (const Route& route : routes_) route.chain->stop();
  }

 private:
  struct Taken {
    const Pipeline* chain;
  };
  std::vector<Route> routes_;
};

std::unique_ptr<DocumentRoot> open_root(const std::filesystem::path& directory,
                                        const std::string& option, const ChainBuilder& builder) {
  try {
    return std::make_unique<DocumentRoot>(directory, builder.files());
  } catch (const std::system_error& error) {
    throw config::Invalid(option, "can't serve from " + directory.string() + ": " +
                                      error.code().message() + "; name a directory that is there");
  }
}

std::unique_ptr<Handler> make(Options options, ChainBuilder& builder) {
  std::vector<Route> routes;
  for (RouteOptions& of : options.routes) {
    const std::string option = "routes/" + std::to_string(routes.size());
    if (!routes.empty() && routes.back().options.takes_all()) {
      throw config::Invalid(option,
                            "this route is never taken: the one before it has no "
                            "conditions, and takes all");
    }
    Route& route = routes.emplace_back();
    route.name = std::to_string(routes.size() - 1) + ", " + conditions(of);
    route.options = std::move(of);
    if (route.options.root) route.root = open_root(*route.options.root, option + "/root", builder);
    route.chain = builder.build(route.options.chain, route.root != nullptr);
  }
  if (routes.back().options.takes_all()) builder.passes_nothing_on();
  return std::make_unique<Router>(std::move(routes));
}

}  // namespace

Plugin route() {
  return describe("route", "Sends what matches down a chain of its own.", fields(), make);
}

}  // namespace catena::plugins
