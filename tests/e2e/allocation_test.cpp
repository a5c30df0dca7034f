// The real binary with its default chain, the access log on, allocates nothing per request once
// warm.

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "e2e/running_server.hpp"
#include "support/catch.hpp"

using namespace catena::testing;

TEST_CASE("no allocation per request once warm", "[e2e]") {
  const TempDir directory;
  const auto counter = directory.write("allocations", std::string(sizeof(std::uint64_t), '\0'));
  const auto allocations = [&] {
    std::uint64_t number = 0;
    const std::string bytes = read_file(counter);
    std::memcpy(&number, bytes.data(), sizeof number);
    return number;
  };
  Process::Setup setup;
  setup.directory = CATENA_SOURCE_DIR;
  setup.environment = {{"LD_PRELOAD", CATENA_COUNT_ALLOCATIONS},
                       {"CATENA_ALLOCATIONS", counter.string()}};
  RunningServer server(std::move(setup));
  SocketClient client = server.connect();
  const std::string fresh = "If-None-Match: " + client.get("/style.css").header("ETag") + "\r\n";
  const auto ask_for_everything = [&] {
    CHECK(client.get("/").status == 200);
    CHECK(client.get("/style.css").status == 200);
    CHECK(client.get("/style.css", fresh).status == 304);
    CHECK(client.get("/%73tyle.css?with=query").status == 200);
    CHECK(client.get("/chain").status == 301);
    CHECK(client.get("/chain/").status == 200);
    CHECK(client.get("/missing").status == 404);
    CHECK(client.get("/missing", "Accept: application/json\r\n").status == 404);
    CHECK(client.get("/../outside").status == 403);
    client.send("HEAD / HTTP/1.1\r\nHost: test\r\n\r\nPOST / HTTP/1.1\r\nHost: test\r\n\r\n");
    CHECK(client.read_response(true).status == 200);
    CHECK(client.read_response().status == 405);
  };
  // Each of the threads has to become warm, and which of them serves is chance: so it must come to
  // a hundred rounds that allocate nothing.
  std::uint64_t before = 0;
  std::uint64_t after = 1;
  for (int tries = 0; tries < 20 && before != after; ++tries) {
    before = allocations();
    for (int round = 0; round < 100; ++round) ask_for_everything();
    after = allocations();
  }
  CHECK(before > 0);
  CHECK(before == after);
}
