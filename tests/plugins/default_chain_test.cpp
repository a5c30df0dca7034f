// The default chain, as the binary has it, and what every rule about its order prevents: the same
// entries in another order go wrong in the way that is shown.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "catena/serve/configuration.hpp"
#include "catena/testing/test_chain.hpp"
#include "plugins/builtin.hpp"
#include "support/catch.hpp"
#include "support/source_tree.hpp"
#include "support/temp_dir.hpp"

namespace {

using catena::Exchange;
using catena::Next;
using catena::testing::HttpResponse;
using catena::testing::lines_of;
using catena::testing::read_file;
using catena::testing::source_tree;
using catena::testing::TempDir;
using catena::testing::TestChain;

using Names = std::vector<std::string>;

const Names documented{"access_log",      "error_pages",    "method_filter",
                       "traversal_guard", "index_resolver", "static_file"};
/// The same without the log, which would write to the test's own output.
const Names quiet{documented.begin() + 1, documented.end()};

std::string default_text() { return read_file(source_tree() / "server/default.json"); }

catena::config::Value default_document() {
  catena::config::Diagnostics diagnostics;
  auto document = catena::config::parse(default_text(), "default.json", source_tree(), diagnostics);
  REQUIRE(diagnostics.empty());
  REQUIRE(document);
  return *document;
}

const catena::Registry& builtin() {
  static const catena::Registry registry = [] {
    catena::Registry filled;
    catena::plugins::add_builtin(filled);
    return filled;
  }();
  return registry;
}

/// A site with something to find, and the default configuration's own entries before it, in any
/// order.
class Site {
 public:
  Site() {
    files_.write("root/index.html", "home");
    files_.write("root/docs/index.html", "the docs");
    files_.write("root/.git/index.html", "the secret");
    files_.write("root/.env", "the secret");
    files_.write("root/errors/404.html", "our own 404");
    files_.write("index.html", "the secret");
    std::filesystem::create_directories(files_ / "root/bare");
  }

  HttpResponse ask(const Names& order, std::string_view method, std::string_view target) {
    TestChain chain;
    chain.root(files_ / "root");
    chain.add([this](Exchange& exchange, Next& next) {
      next(exchange);
      served_path_ = exchange.path();
    });
    const catena::config::Value document = default_document();
    for (const std::string& name : order) add(chain, document, name);
    return chain.request(method, target);
  }

  /// The path of the last request once the chain was done with it.
  const std::string& served_path() const { return served_path_; }

 private:
  static void add(TestChain& chain, const catena::config::Value& document,
                  const std::string& name) {
    for (const catena::config::Value& entry : document.find("chain")->items()) {
      if (entry.find("plugin")->as_string() != name) continue;
      catena::config::Diagnostics diagnostics;
      catena::ChainBuilder builder(builtin(), diagnostics, true);
      auto handler = builtin().find(name)->make(entry, builder);
      REQUIRE(diagnostics.empty());
      chain.add(name, std::move(handler));
    }
  }

  TempDir files_;
  std::string served_path_;
};

TEST_CASE("the default configuration loads, with the chain that is documented", "[plugins]") {
  catena::config::Diagnostics diagnostics;
  const auto configuration =
      catena::load_configuration(default_document(), {}, builtin(), diagnostics);
  CHECK(diagnostics.empty());
  REQUIRE(configuration);
  Names names;
  for (const auto& handler : configuration->pipeline->handlers()) names.push_back(handler.name);
  CHECK(names == documented);
  REQUIRE(configuration->root);
  CHECK(configuration->root->directory() == source_tree() / "webroot");
  CHECK(configuration->settings.listen == Names{"127.0.0.1:8080"});
}

TEST_CASE("a comment on every entry of the default chain says why it stands there", "[plugins]") {
  std::string above;
  std::size_t entries = 0;
  for (const std::string& line : lines_of(default_text())) {
    if (line.find("{ \"plugin\"") != std::string::npos) {
      INFO(line);
      CHECK(above.find("// ") != std::string::npos);
      ++entries;
    }
    above = line;
  }
  CHECK(entries == documented.size());
}

TEST_CASE("the default chain serves what is there, and pages for what is not", "[plugins]") {
  Site site;
  CHECK(site.ask(quiet, "GET", "/").body == "home");
  CHECK(site.ask(quiet, "GET", "/docs/").body == "the docs");
  CHECK(site.ask(quiet, "HEAD", "/docs/").status == 200);
  CHECK(site.ask(quiet, "GET", "/docs").header("Location") == "/docs/");
  const HttpResponse missing = site.ask(quiet, "GET", "/nothing");
  CHECK(missing.status == 404);
  CHECK(missing.body == "our own 404");
  const HttpResponse bare = site.ask(quiet, "GET", "/bare/");
  CHECK(bare.status == 403);
  CHECK(bare.body.find("<h1>403 Forbidden</h1>") != std::string::npos);
  CHECK(site.ask(quiet, "GET", "/../index.html").status == 403);
  CHECK(site.ask(quiet, "GET", "/.env").body == "our own 404");
  CHECK(site.ask(quiet, "POST", "/").status == 405);
}

TEST_CASE("the site of a first run has its own 404", "[plugins]") {
  TestChain chain;
  chain.root(source_tree() / "webroot");
  const catena::config::Value document = default_document();
  for (const catena::config::Value& entry : document.find("chain")->items()) {
    const std::string name = entry.find("plugin")->as_string();
    if (name == "access_log") continue;
    catena::config::Diagnostics diagnostics;
    catena::ChainBuilder builder(builtin(), diagnostics, true);
    chain.add(name, builtin().find(name)->make(entry, builder));
  }
  CHECK(chain.get("/").status == 200);
  const HttpResponse missing = chain.get("/nothing");
  CHECK(missing.status == 404);
  CHECK(missing.body == read_file(source_tree() / "webroot/errors/404.html"));
}

TEST_CASE("error_pages stands before method_filter, or a 405 has no page", "[plugins]") {
  Site site;
  const HttpResponse right = site.ask(quiet, "DELETE", "/");
  CHECK(right.status == 405);
  CHECK(right.header("Allow") == "GET, HEAD");
  CHECK(right.body.find("<h1>405 Method Not Allowed</h1>") != std::string::npos);

  const HttpResponse wrong =
      site.ask({"method_filter", "error_pages", "traversal_guard", "index_resolver", "static_file"},
               "DELETE", "/");
  CHECK(wrong.status == 405);
  CHECK(wrong.body.empty());
}

TEST_CASE("error_pages stands before the guard, or its 403 has no page", "[plugins]") {
  Site site;
  CHECK(site.ask(quiet, "GET", "/../x").body.find("<h1>403") != std::string::npos);
  const HttpResponse wrong =
      site.ask({"method_filter", "traversal_guard", "error_pages", "index_resolver", "static_file"},
               "GET", "/../x");
  CHECK(wrong.status == 403);
  CHECK(wrong.body.empty());
}

TEST_CASE("error_pages stands before static_file, or its 404 has no page", "[plugins]") {
  Site site;
  CHECK(site.ask(quiet, "GET", "/nothing").body == "our own 404");
  const HttpResponse wrong =
      site.ask({"method_filter", "traversal_guard", "index_resolver", "static_file", "error_pages"},
               "GET", "/nothing");
  CHECK(wrong.status == 404);
  CHECK(wrong.body.empty());
}

TEST_CASE("method_filter stands before the guard, or other methods are told what GET would be",
          "[plugins]") {
  Site site;
  CHECK(site.ask(quiet, "POST", "/../x").status == 405);
  CHECK(
      site.ask({"error_pages", "traversal_guard", "method_filter", "index_resolver", "static_file"},
               "POST", "/../x")
          .status == 403);
}

TEST_CASE("method_filter stands before the resolver, or other methods cost a look at files",
          "[plugins]") {
  Site site;
  CHECK(site.ask(quiet, "POST", "/docs/").status == 405);
  CHECK(site.served_path() == "/docs/");
  CHECK(
      site.ask({"error_pages", "traversal_guard", "index_resolver", "method_filter", "static_file"},
               "POST", "/docs/")
          .status == 405);
  CHECK(site.served_path() == "/docs/index.html");  // it was looked for, and found
}

TEST_CASE("the guard stands before the resolver, or files are looked for where none are served",
          "[plugins]") {
  Site site;
  const Names wrong{"error_pages", "method_filter", "index_resolver", "traversal_guard",
                    "static_file"};
  for (const auto& [target, path] : {std::pair{"/.git/", "/.git/"}, std::pair{"/../", "/../"}}) {
    INFO(target);
    site.ask(quiet, "GET", target);
    CHECK(site.served_path() == path);
    site.ask(wrong, "GET", target);
    CHECK(site.served_path() == std::string(path) + "index.html");
  }
}

TEST_CASE("the guard stands before static_file, or dotfiles are served", "[plugins]") {
  Site site;
  CHECK(site.ask(quiet, "GET", "/.env").status == 404);
  const HttpResponse wrong =
      site.ask({"error_pages", "method_filter", "index_resolver", "static_file", "traversal_guard"},
               "GET", "/.env");
  CHECK(wrong.status == 200);
  CHECK(wrong.body == "the secret");
}

TEST_CASE("without the guard the kernel keeps every open beneath the root", "[plugins]") {
  Site site;
  const Names unguarded{"error_pages", "method_filter", "index_resolver", "static_file"};
  for (const char* target : {"/../index.html", "/../", "/%2e%2e/index.html"}) {
    INFO(target);
    const HttpResponse response = site.ask(unguarded, "GET", target);
    CHECK(response.status == 403);
    CHECK(response.body.find("secret") == std::string::npos);
  }
}

TEST_CASE("the resolver stands before static_file, or a directory is 403", "[plugins]") {
  Site site;
  CHECK(site.ask(quiet, "GET", "/docs/").status == 200);
  CHECK(
      site.ask({"error_pages", "method_filter", "traversal_guard", "static_file", "index_resolver"},
               "GET", "/docs/")
          .status == 403);
}

}  // namespace
