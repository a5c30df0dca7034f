// Nothing outside the root is served, whatever the chain and whatever happens to the files
// meanwhile.

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "e2e/running_server.hpp"
#include "support/catch.hpp"

using namespace catena::testing;

TEST_CASE("without the guard in the chain the kernel still holds the fence", "[e2e]") {
  const TempDir directory;
  directory.write("secret", "secret");
  directory.write("site/index.html", "home");
  std::filesystem::create_symlink("../secret", directory / "site/link");
  std::filesystem::create_symlink(directory / "site/index.html", directory / "site/absolute");
  RunningServer server(RunningServer::with_configuration(directory, R"({
    "server": {"listen": ["127.0.0.1:0"]}, "root": "site",
    "chain": [{"plugin": "index_resolver"}, {"plugin": "static_file"}]})"),
                       RunningServer::AsConfigured{});
  SocketClient client = server.connect();
  for (const char* target :
       {"/../secret", "/%2e%2e/secret", "/..%2fsecret", "/x/../../secret", "/./../secret",
        "//../secret", "/%2e%2e%2fsecret", "/../../../../../../../etc/passwd", "/link", "/absolute",
        "/../site/index.html"}) {
    CAPTURE(target);
    const HttpResponse response = client.get(target);
    CHECK(response.status == 403);
    CHECK(response.body.empty());
  }
  CHECK(client.get("/").body == "home");
}

TEST_CASE("a file swapped for a link to the outside while it is asked for is never followed",
          "[e2e]") {
  const TempDir directory;
  directory.write("secret", "secret");
  directory.write("site/inside", "inside");
  Process::Setup setup;
  setup.arguments = {"--root", (directory / "site").string()};
  RunningServer server(std::move(setup));
  std::atomic<bool> over{false};
  std::thread swapper([&] {
    const auto name = directory / "site/name";
    while (!over) {
      std::filesystem::create_hard_link(directory / "site/inside", directory / "site/next");
      std::filesystem::rename(directory / "site/next", name);
      std::filesystem::create_symlink("../secret", directory / "site/next");
      std::filesystem::rename(directory / "site/next", name);
    }
  });
  eventually([&] { return std::filesystem::exists(directory / "site/name"); });
  SocketClient client = server.connect();
  int served = 0;
  int refused = 0;
  while (served < 200 || refused < 200) {
    const HttpResponse response = client.get("/name");
    if (response.status == 200) {
      ++served;
      if (response.body != "inside") break;
    } else {
      ++refused;
      if (response.status != 403) break;
    }
  }
  over = true;
  swapper.join();
  CHECK(served >= 200);
  CHECK(refused >= 200);
}
