// Refuses early, and readably, what must not be served: 403 for paths that leave the document root,
// 404 for names that begin with a dot, except what is below /.well-known (RFC 8615). The kernel
// holds the fence around the root without it; the guard saves the work and gives the better answer.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>

#include "catena/plugin/plugin.hpp"

namespace catena::plugins {
namespace {

struct Options {
  bool dotfiles = false;
};

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields.add("dotfiles", &Options::dotfiles,
             "Whether names that begin with a dot are served outside /.well-known too.");
  return fields;
}

/// Whether ".." climbs above the root when a backslash counts as a separator too: to us it is an
/// ordinary character, but nobody who writes "..\" asks for a file of that name.
bool climbs_out(std::string_view path) {
  int depth = 0;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find_first_of("/\\"), path.size());
    const std::string_view segment = path.substr(0, end);
    if (segment == "..") {
      if (--depth < 0) return true;
    } else if (!segment.empty() && segment != ".") {
      ++depth;
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

bool has_dotfile(std::string_view path) {
  constexpr std::string_view well_known = "/.well-known";
  if (path.substr(0, well_known.size()) == well_known &&
      (path.size() == well_known.size() || path[well_known.size()] == '/')) {
    return false;
  }
  return path.find("/.") != std::string_view::npos;
}

/// Whether a dot stands where it may mean something to this guard; so it does in hardly any path.
bool has_dots(std::string_view path) {
  for (std::size_t at = 1; at < path.size(); ++at) {
    if (path[at] == '.' && (path[at - 1] == '/' || path[at - 1] == '.')) return true;
  }
  return false;
}

class TraversalGuard final : public Handler {
 public:
  explicit TraversalGuard(Options options) : options_(options) {}

  void handle(Exchange& exchange, Next& next) const override {
    const std::string_view path = exchange.path();
    if (!exchange.request.target.leaves_root && !has_dots(path)) return next(exchange);
    if (exchange.request.target.leaves_root || climbs_out(path)) {
      exchange.note("the path leaves the root");
      exchange.response.set_status(Status::forbidden);
    } else if (!options_.dotfiles && has_dotfile(path)) {
      exchange.note("the path names a dotfile, and \"dotfiles\" is false");
      exchange.response.set_status(Status::not_found);
    } else {
      next(exchange);
    }
  }

 private:
  Options options_;
};

}  // namespace

Plugin traversal_guard() {
  Plugin plugin = describe(
      "traversal_guard", "Answers 403 to paths that leave the document root, and 404 to dotfiles.",
      fields(), [](Options options) { return std::make_unique<TraversalGuard>(options); });
  plugin.before = {{"index_resolver", "that one looks for files at paths that this one refuses"}};
  return plugin;
}

}  // namespace catena::plugins
