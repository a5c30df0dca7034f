// On a kernel that has no IPv6.

#include <string>

#include "e2e/running_server.hpp"
#include "support/catch.hpp"

using namespace catena::testing;

namespace {

Process::Setup listening_on(const std::string& host, const TempDir& directory) {
  Process::Setup setup = serving(directory, {"--host", host, "--port", "0"});
  setup.environment = {{"LD_PRELOAD", CATENA_WITHOUT_IPV6}};
  return setup;
}

}  // namespace

TEST_CASE("without IPv6, every address of the machine is every one that it has", "[e2e]") {
  const TempDir directory;
  directory.write("index.html", "home");
  for (const char* host : {"*", "localhost"}) {
    RunningServer server(listening_on(host, directory), RunningServer::AsConfigured{});
    CHECK(server.connect().get("/").body == "home");
    CHECK(server.process().output().find("[::") == std::string::npos);
    CHECK(server.stop() == 0);
  }
}

TEST_CASE("without IPv6, an address of it can't be listened on", "[e2e]") {
  const TempDir directory;
  const Finished finished = run(CATENA_BINARY, listening_on("::1", directory));
  CHECK(finished.exit_code == 1);
  CHECK_THAT(finished.errors, ContainsSubstring("can't listen on [::1]:0: Address family not "
                                                "supported"));
}
