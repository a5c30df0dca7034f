#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "catena/plugin/chain_builder.hpp"
#include "catena/testing/test_chain.hpp"
#include "plugins/builtin.hpp"
#include "support/catch.hpp"
#include "support/options.hpp"
#include "support/temp_dir.hpp"

namespace catena::plugins {
Plugin index_resolver();
Plugin static_file();
}  // namespace catena::plugins

namespace {

using catena::Exchange;
using catena::Next;
using catena::Status;
using catena::plugins::index_resolver;
using catena::plugins::static_file;
using catena::testing::complaints;
using catena::testing::TempDir;
using catena::testing::TestChain;

/// Shows, as "TARGET -> PATH", what the handlers behind see.
void show(Exchange& exchange, Next&) {
  exchange.response.set_status(Status::ok);
  exchange.response.body.own(std::string(exchange.request.target.path) + " -> " +
                             std::string(exchange.path()));
}

TEST_CASE("index_resolver turns a directory's path into that of its index file", "[plugins]") {
  TempDir root;
  root.write("index.html", "home");
  root.write("docs/index.html", "docs");
  TestChain chain;
  chain.root(root.path()).add(index_resolver()).add(show);
  CHECK(chain.get("/").body == "/ -> /index.html");
  CHECK(chain.get("/docs/").body == "/docs/ -> /docs/index.html");
  CHECK(chain.get("/docs/.").body == "/docs/ -> /docs/index.html");
  CHECK(chain.get("/docs/?page=2").body == "/docs/ -> /docs/index.html");
  CHECK(chain.request("POST", "/docs/").body == "/docs/ -> /docs/index.html");
}

TEST_CASE("with static_file behind it, a directory is served by its index file", "[plugins]") {
  TempDir root;
  root.write("docs/index.html", "the index");
  TestChain chain;
  chain.root(root.path()).add(index_resolver()).add(static_file());
  const auto response = chain.get("/docs/");
  CHECK(response.status == 200);
  CHECK(response.body == "the index");
  CHECK(response.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(chain.get("/docs").status == 301);
  CHECK(chain.get("/docs").header("Location") == "/docs/");
  CHECK(chain.get("/").status == 403);
}

TEST_CASE("index_resolver takes the first of its names that is there", "[plugins]") {
  TempDir root;
  root.write("both/default.htm", "");
  root.write("both/index.html", "");
  root.write("second/index.html", "");
  root.write("neither/other.html", "");
  TestChain chain;
  chain.root(root.path()).add(index_resolver(), R"({"names": ["default.htm", "index.html"]})");
  chain.add(show);
  CHECK(chain.get("/both/").body == "/both/ -> /both/default.htm");
  CHECK(chain.get("/second/").body == "/second/ -> /second/index.html");
  CHECK(chain.get("/neither/").body == "/neither/ -> /neither/");
}

TEST_CASE("index_resolver keeps the path of what has no index file", "[plugins]") {
  TempDir root;
  root.write("page.html", "");
  root.write("docs/index.html", "");
  root.write("odd/index.html/page.html", "");
  TestChain chain;
  chain.root(root.path()).add(index_resolver()).add(show);
  CHECK(chain.get("/").body == "/ -> /");                 // a directory without one
  CHECK(chain.get("/docs").body == "/docs -> /docs");     // no slash at the end
  CHECK(chain.get("/odd/").body == "/odd/ -> /odd/");     // index.html is a directory
  CHECK(chain.get("/none/").body == "/none/ -> /none/");  // no such directory
  CHECK(chain.get("/page.html/").body == "/page.html/ -> /page.html/");
  CHECK(chain.request("OPTIONS", "*").body == " -> ");
}

TEST_CASE("an index that can't be read is the index still", "[plugins]") {
  TempDir root;
  root.write("out.html", "");
  root.write("root/fifo/other.html", "");
  root.write("root/link/other.html", "");
  REQUIRE(::mkfifo((root / "root/fifo/index.html").c_str(), 0600) == 0);
  std::filesystem::create_symlink("../../out.html", root / "root/link/index.html");
  TestChain chain;
  chain.root(root / "root").add(index_resolver(), R"({"names": ["index.html", "other.html"]})");
  chain.add(static_file());
  CHECK(chain.get("/fifo/").status == 403);
  CHECK(chain.get("/link/").status == 403);
}

TEST_CASE("index_resolver finds nothing outside the root", "[plugins]") {
  TempDir files;
  files.write("index.html", "outside");
  files.write("root/docs/page.html", "inside");
  TestChain chain;
  chain.root(files / "root").add(index_resolver()).add(static_file());
  for (const char* target : {"/../", "/..", "/%2e%2e/", "/docs/../../"}) {
    INFO(target);
    const auto response = chain.get(target);
    CHECK(response.status == 403);
    CHECK(response.body.empty());
  }
}

TEST_CASE("index_resolver sees changes between two requests", "[plugins]") {
  TempDir root;
  TestChain chain;
  chain.root(root.path()).add(index_resolver()).add(show);
  CHECK(chain.get("/").body == "/ -> /");
  const auto index = root.write("index.html", "");
  CHECK(chain.get("/").body == "/ -> /index.html");
  std::filesystem::remove(index);
  CHECK(chain.get("/").body == "/ -> /");
}

TEST_CASE("index_resolver and static_file need a root beside the chain", "[plugins]") {
  catena::Registry registry;
  catena::plugins::add_builtin(registry);
  catena::config::Diagnostics diagnostics;
  const auto chain =
      catena::config::parse("[{\"plugin\": \"index_resolver\"},\n {\"plugin\": \"static_file\"}]",
                            "site.json", {}, diagnostics);
  REQUIRE(chain);
  catena::ChainBuilder(registry, diagnostics, false).build({*chain});
  REQUIRE(diagnostics.size() == 2);
  CHECK(diagnostics.all()[0].text() ==
        "site.json:1:2: /0: index_resolver needs a \"root\" beside the chain");
  CHECK(diagnostics.all()[1].text() ==
        "site.json:2:2: /1: static_file needs a \"root\" beside the chain");
}

TEST_CASE("index_resolver says what is wrong with its options", "[plugins]") {
  const std::vector<std::pair<const char*, std::string>> cases{
      {R"({"names": []})", R"(options:1:11: /names: expected at least 1 entry, got 0)"},
      {R"({"names": [""]})", R"(options:1:12: /names/0: expected a file name, got "")"},
      {R"({"names": ["index.html", "a/b.html"]})",
       R"(options:1:26: /names/1: expected a file name, got "a/b.html")"},
      {R"({"names": [".."]})", R"(options:1:12: /names/0: expected a file name, got "..")"},
      {R"({"names": ["."]})", R"(options:1:12: /names/0: expected a file name, got ".")"},
      {R"({"names": ["a\u0000b"]})",
       R"(options:1:12: /names/0: expected a file name, got "a\u0000b")"},
      {R"({"names": "index.html"})", R"(options:1:11: /names: expected an array, got a string)"},
      {R"({"name": ["index.html"]})",
       R"(options:1:2: /name: unknown option of index_resolver; did you mean "names"?)"},
  };
  for (const auto& [options, complaint] : cases) {
    CHECK(complaints(index_resolver(), options) == complaint + "\n");
  }
}

}  // namespace
