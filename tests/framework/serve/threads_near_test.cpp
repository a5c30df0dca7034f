// Where the threads of the parked model run: near to where their connections' packets arrive.

#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <latch>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catena/fs/document_root.hpp"
#include "catena/runtime/scheduling.hpp"
#include "framework/serve/running_server.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/socket_client.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using namespace catena::testing;

namespace {

/// The test, and servers that it starts, run on a few processors, each of which gets a lane.
class FewProcessors {
 public:
  FewProcessors() { scheduling::run_on(few_); }
  ~FewProcessors() { scheduling::run_on(all_); }
  FewProcessors(const FewProcessors&) = delete;
  FewProcessors& operator=(const FewProcessors&) = delete;

  std::span<const int> list() const noexcept { return few_; }
  /// Two threads for each.
  Settings settings() const {
    Settings settings = listening_on("127.0.0.1:0");
    settings.threads.running = 2 * few_.size();
    return settings;
  }
  /// Has a client send from each processor. Packets on the loopback interface arrive where they
  /// were sent.
  template <typename Client>
  void each(Client client) const {
    for (const int processor : few_) {
      INFO("on processor " << processor);
      scheduling::run_on(std::array{processor});
      client(processor);
      scheduling::run_on(few_);
    }
  }

 private:
  const std::vector<int> all_ = scheduling::usable_processors();
  const std::span<const int> few_ = std::span(all_).first(std::min<std::size_t>(all_.size(), 4));
};

void answer_where(Exchange& exchange, Next&) {
  answer(exchange, std::to_string(::sched_getcpu()) + " of " +
                       std::to_string(scheduling::usable_processors().size()));
}

}  // namespace

TEST_CASE("a connection is served where its packets arrive, also when its client moves",
          "[threads]") {
  const FewProcessors processors;
  RunningServer server(answer_where, processors.settings());
  SocketClient client = server.connect();
  processors.each([&](int processor) {
    const std::string there = std::to_string(processor) + " of 1";
    eventually([&] {
      for (int count = 0; count < 20; ++count) {
        const std::string body = client.get("/").body;
        if (body != there) return false;
      }
      return true;
    });
  });
}

TEST_CASE("a connection that gets files is served beside its client, or where it is at once",
          "[threads]") {
  const FewProcessors processors;
  if (processors.list().size() < 2) {
    WARN("not tried: there is a single processor");
    return;
  }
  const TempDir directory;
  directory.write("large.bin", std::string(100'000, 'x'));
  const DocumentRoot root(directory.path());
  RunningServer server(
      [&root](Exchange& exchange, Next&) {
        Opened file = root.open("/large.bin");
        exchange.response.set_status(Status::ok);
        exchange.response.headers.set("Where", std::to_string(::sched_getcpu()));
        const bool at_once = ::sched_getscheduler(0) == SCHED_OTHER;
        exchange.response.headers.set("At-Once", at_once ? "yes" : "no");
        exchange.response.body.file({std::move(file.file), 0, file.size, file.modified});
      },
      processors.settings());
  SocketClient client = server.connect();
  processors.each([&](int processor) {
    eventually([&] {
      for (int count = 0; count < 20; ++count) {
        const auto response = client.get("/large.bin");
        if (response.body.size() != 100'000) return false;
        const bool is_there = response.header("Where") == std::to_string(processor);
        if (is_there != (response.header("At-Once") == "yes")) return false;
      }
      return true;
    });
  });
}

TEST_CASE("handlers that block hold up nobody whose packets arrive at the same processor",
          "[threads]") {
  constexpr int count = 12;
  const FewProcessors processors;
  for (const int processor : processors.list()) {
    INFO("on processor " << processor);
    std::latch entered(count);
    std::latch released(1);
    RunningServer server(
        [&](Exchange& exchange, Next&) {
          if (exchange.path() == "/block") {
            entered.count_down();
            released.wait();
          }
          answer(exchange, std::string(exchange.path()));
        },
        processors.settings());
    scheduling::run_on(std::array{processor});
    SocketClient quick = server.connect();
    std::vector<SocketClient> blocked;
    for (int number = 0; number < count; ++number) {
      blocked.push_back(server.connect());
      CHECK(blocked.back().get("/quick").body == "/quick");
    }
    CHECK(quick.get("/quick").body == "/quick");
    for (SocketClient& client : blocked) {
      client.send("GET /block HTTP/1.1\r\nHost: test\r\n\r\n");
    }
    entered.wait();
    CHECK(quick.get("/still").body == "/still");
    released.count_down();
    for (SocketClient& client : blocked) CHECK(client.read_response().body == "/block");
    scheduling::run_on(processors.list());
  }
}

TEST_CASE("no answer is lost or doubled while clients move from processor to processor",
          "[threads]") {
  constexpr int clients = 4;
  constexpr int requests = 2000;
  const FewProcessors processors;
  RunningServer server(
      [](Exchange& exchange, Next&) { answer(exchange, std::string(exchange.path())); },
      processors.settings());
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < clients; ++number) {
    threads.emplace_back([&, number] {
      SocketClient client = server.connect();
      for (int count = 0; count < requests; ++count) {
        if (count % 10 == 0) {
          const auto at = static_cast<std::size_t>(count / 10 + number) % processors.list().size();
          scheduling::run_on(std::array{processors.list()[at]});
        }
        const std::string path = "/" + std::to_string(number) + "/" + std::to_string(count);
        if (client.get(path).body == path) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == clients * requests);
}
