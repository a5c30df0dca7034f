// A small file on a kept connection is one read and one write to the real binary, and no lock.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "e2e/running_server.hpp"
#include "support/catch.hpp"

using namespace catena::testing;

namespace {

struct Calls {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t others = 0;
  std::uint64_t locks = 0;
  std::uint64_t clocks = 0;
  std::uint64_t questions = 0;

  /// Questions aside.
  bool operator==(const Calls& other) const {
    return reads == other.reads && writes == other.writes && others == other.others &&
           locks == other.locks && clocks == other.clocks;
  }
};

/// The default chain, and one thread, so that none looks at the clock for what another is about to
/// find.
constexpr std::string_view configuration = R"({
  "server": {"listen": ["127.0.0.1:0"], "threads": {"running": 1}},
  "root": "root",
  "chain": [
    {"plugin": "access_log", "file": "access.log"},
    {"plugin": "error_pages"},
    {"plugin": "method_filter", "allow": ["GET", "HEAD"]},
    {"plugin": "traversal_guard"},
    {"plugin": "index_resolver"},
    {"plugin": "static_file"}
  ]
})";

class CountedServer {
 public:
  CountedServer()
      : counts_(directory_.write("counts", std::string(sizeof(Calls), '\0'))),
        server_(preloaded(directory_, counts_.string())) {}

  SocketClient connect() const { return server_.connect(); }
  std::ptrdiff_t lines_of_log() const {
    const std::string log = read_file(directory_ / "access.log");
    return std::count(log.begin(), log.end(), '\n');
  }
  Calls calls() const {
    Calls calls;
    const std::string bytes = read_file(counts_);
    std::memcpy(&calls, bytes.data(), sizeof calls);
    return calls;
  }
  /// What a hundred requests take. The cache looks at a file anew from time to time, and does so in
  /// few requests of many: so it must come to a hundred that meet none of it.
  template <typename Ask>
  Calls of_a_hundred(Ask ask, const Calls& expected) const {
    Calls taken;
    for (int tries = 0; tries < 50; ++tries) {
      const Calls before = calls();
      for (int count = 0; count < 100; ++count) ask();
      const Calls after = calls();
      taken = {after.reads - before.reads,   after.writes - before.writes,
               after.others - before.others, after.locks - before.locks,
               after.clocks - before.clocks, after.questions - before.questions};
      if (taken == expected) break;
    }
    return taken;
  }

 private:
  static Process::Setup preloaded(const TempDir& directory, const std::string& counts) {
    const auto page = directory.write("root/page.html", std::string(1024, 'x'));
    const auto large = directory.write("root/large.bin", std::string(100'000, 'x'));
    // What was written a moment ago is read anew for a while.
    const auto an_hour_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
    for (const auto& file : {page, large}) std::filesystem::last_write_time(file, an_hour_ago);
    Process::Setup setup;
    setup.arguments = {"--config", directory.write("server.json", configuration).string()};
    setup.environment = {{"LD_PRELOAD", CATENA_COUNT_CALLS}, {"CATENA_CALLS", counts}};
    return setup;
  }

  TempDir directory_;
  std::filesystem::path counts_;
  RunningServer server_;
};

/// Checks what a hundred requests take, and each answer.
template <typename Check>
void check_calls(Check check, const Calls& expected) {
  const CountedServer server;
  SocketClient client = server.connect();
  const Calls taken = server.of_a_hundred([&] { check(client); }, expected);
  CHECK(taken.reads == expected.reads);
  CHECK(taken.writes == expected.writes);
  CHECK(taken.others == expected.others);
  CHECK(taken.locks == expected.locks);
  // Once for all that a wait finds, and so for each request of a client that waits for its answer.
  CHECK(taken.clocks == expected.clocks);
  // Where the connection's packets arrive is looked at now and then.
  CHECK(taken.questions <= 100 / 32 + 1);
  eventually([&] { return server.lines_of_log() >= 100; });
}

}  // namespace

TEST_CASE("a small file takes one read, one write and no lock", "[e2e]") {
  check_calls([](SocketClient& client) { CHECK(client.get("/page.html").status == 200); },
              {100, 100, 0, 0, 100, 0});
}

TEST_CASE("what is not there takes one read, one write and no lock", "[e2e]") {
  check_calls([](SocketClient& client) { CHECK(client.get("/missing").status == 404); },
              {100, 100, 0, 0, 100, 0});
}

TEST_CASE("the content of a larger file goes from the kernel to the kernel", "[e2e]") {
  // A look at the open file, so that its size belongs to what is sent, and sendfile.
  check_calls([](SocketClient& client) { CHECK(client.get("/large.bin").body.size() == 100'000); },
              {100, 100, 200, 0, 100, 0});
}
