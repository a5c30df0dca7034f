// What a person meets who starts the binary with nothing configured.

#include <string>

#include "e2e/running_server.hpp"
#include "support/catch.hpp"

using namespace catena::testing;

namespace {

Process::Setup first_run() {
  Process::Setup setup;
  setup.directory = CATENA_SOURCE_DIR;
  return setup;
}

}  // namespace

TEST_CASE("the first line says where it listens, with the true port", "[e2e]") {
  RunningServer server(first_run());
  CHECK(server.port() != 0);
  CHECK(server.process().output() ==
        "[*] Server listening on http://127.0.0.1:" + std::to_string(server.port()) + "\n");
}

TEST_CASE("the site in webroot is served", "[e2e]") {
  RunningServer server(first_run());
  SocketClient client = server.connect();

  const HttpResponse page = client.get("/");
  CHECK(page.status == 200);
  CHECK(page.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.header("Server") == "catena");
  CHECK_THAT(page.body, ContainsSubstring("<title>"));
  CHECK(page.body == read_file(std::filesystem::path(CATENA_SOURCE_DIR) / "webroot/index.html"));

  CHECK(client.get("/style.css").header("Content-Type") == "text/css; charset=utf-8");
  CHECK(client.get("/favicon.svg").header("Content-Type") == "image/svg+xml");
  CHECK(client.get("/chain?x=1").header("Location") == "/chain/?x=1");

  const HttpResponse missing = client.get("/nothing/here");
  CHECK(missing.status == 404);
  CHECK(missing.body ==
        read_file(std::filesystem::path(CATENA_SOURCE_DIR) / "webroot/errors/404.html"));
}

TEST_CASE("without webroot it says what is missing and what to do", "[e2e]") {
  const TempDir empty;
  const Finished finished = run(CATENA_BINARY, {{}, empty.path(), {}, 0, -1});
  CHECK(finished.exit_code == 2);
  CHECK(finished.output.empty());
  CHECK_THAT(finished.errors, ContainsSubstring("default.json (built in):"));
  CHECK_THAT(finished.errors, ContainsSubstring("/root: can't serve from webroot: No such file"));
  CHECK_THAT(finished.errors, ContainsSubstring("--root"));
}
