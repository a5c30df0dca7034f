// Turns the path of a directory, "/docs/", into that of its index file, "/docs/index.html", for the
// handlers behind it. A directory without one keeps its path.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catena/fs/document_root.hpp"
#include "catena/plugin/plugin.hpp"

namespace catena::plugins {
namespace {

struct Options {
  std::vector<std::string> names{"index.html"};
};

bool is_file_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
         name.find('\0') == std::string::npos;
}

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields
      .add("names", &Options::names, "The names of index files; the first that is there is taken.")
      .each(is_file_name, "a file name", R"(^(?!\.{1,2}$)[^/\u0000]+$)")
      .at_least(1);
  return fields;
}

class IndexResolver final : public Handler {
 public:
  explicit IndexResolver(Options options) : names_(std::move(options.names)) {}

  void handle(Exchange& exchange, Next& next) const override {
    if (exchange.root != nullptr && !exchange.path().empty() && exchange.path().back() == '/') {
      resolve(exchange);
    }
    next(exchange);
  }

 private:
  void resolve(Exchange& exchange) const {
    thread_local std::string candidate;
    for (const std::string& name : names_) {
      candidate.assign(exchange.path()).append(name);
      const Opened opened = exchange.root->open(candidate);
      // What is there but can't be read is the index still: the answer to it is 403.
      if (opened.error == OpenError::not_found || opened.is_directory) continue;
      exchange.note(exchange.path(), " is a directory's, and ", name, " is there");
      return exchange.rewrite(candidate);
    }
    exchange.note("there is no index file at ", exchange.path());
  }

  std::vector<std::string> names_;
};

}  // namespace

Plugin index_resolver() {
  Plugin plugin =
      describe("index_resolver", "Serves a directory by its index file.", fields(),
               [](Options options) { return std::make_unique<IndexResolver>(std::move(options)); });
  plugin.needs_root = true;
  return plugin;
}

}  // namespace catena::plugins
