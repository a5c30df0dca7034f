#include "catena/serve/generation.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "catena/http/http_response.hpp"
#include "catena/net/memory_stream.hpp"
#include "plugins/builtin.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using namespace catena::testing;

namespace {

struct Site {
  explicit Site(std::string_view server = "{}") {
    directory.write("top/file", "top");
    directory.write("inner/file", "inner");
    Registry registry;
    plugins::add_builtin(registry);
    config::Diagnostics diagnostics;
    const auto document =
        config::parse(R"({"server": )" + std::string(server) + R"(, "root": "top", "chain": [
             {"plugin": "route", "routes": [
               {"host": ["inner"], "root": "inner", "chain": [{"plugin": "static_file"}]}]},
             {"plugin": "static_file"}]})",
                      "site.json", directory.path(), diagnostics);
    REQUIRE(document);
    auto configuration = load_configuration(*document, {}, registry, diagnostics);
    REQUIRE(configuration);
    files = configuration->files;
    generation.emplace(std::move(*configuration), *document);
  }

  std::string get(const std::string& host) const {
    MemoryStream stream({"GET /file HTTP/1.1\r\nHost: " + host + "\r\n\r\n"});
    const CurrentService current{&generation->service()};
    const Client client{"192.0.2.1", 50'000};
    Activity activity;
    const std::atomic<bool> stopping{false};
    Connection(stream, client, current, activity, stopping).serve();
    return take_responses(stream.output(), true).at(0).body;
  }

  TempDir directory;
  std::shared_ptr<OpenFileCache> files;
  std::optional<Generation> generation;
};

}  // namespace

TEST_CASE("all roots of a generation share one cache, while it serves", "[generation]") {
  Site site;
  CHECK(site.get("top") == "top");
  CHECK(site.get("inner") == "inner");
  CHECK_FALSE(site.files->running());
  site.generation->start();
  CHECK(site.get("top") == "top");
  CHECK(site.get("inner") == "inner");
  const auto counts = site.files->counts();
  CHECK(counts.entries == 2);  // which know themselves that they have no compressed copies
  site.generation->stop();
  CHECK_FALSE(site.files->running());
  CHECK(site.get("inner") == "inner");
}

TEST_CASE("without entries nothing is kept", "[generation]") {
  Site site(R"({"open_files": {"entries": 0}})");
  site.generation->start();
  CHECK(site.get("top") == "top");
  CHECK_FALSE(site.files->running());
  site.generation->stop();
}
