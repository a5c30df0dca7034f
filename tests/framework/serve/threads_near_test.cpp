// Where the threads of the parked model run: near to where their connections' packets arrive.

#include <sched.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "catena/runtime/scheduling.hpp"
#include "framework/serve/running_server.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/socket_client.hpp"

using namespace catena;
using namespace catena::testing;

namespace {

/// Two threads for each processor.
Settings with_threads_everywhere() {
  Settings settings = listening_on("127.0.0.1:0");
  settings.threads.running = 2 * scheduling::usable_processors().size();
  return settings;
}

void answer_where(Exchange& exchange, Next&) {
  answer(exchange, std::to_string(::sched_getcpu()) + " of " +
                       std::to_string(scheduling::usable_processors().size()));
}

/// What on the loopback interface sends packets on this processor receives them there, too.
template <typename Client>
void on_each_processor(Client client) {
  const std::vector<int> usable = scheduling::usable_processors();
  REQUIRE_FALSE(usable.empty());
  for (const int processor : usable) {
    INFO("on processor " << processor);
    scheduling::run_on(std::array{processor});
    client(processor);
    scheduling::run_on(usable);
  }
}

}  // namespace

TEST_CASE("a connection is served where its packets arrive, also when its client moves",
          "[threads]") {
  RunningServer server(answer_where, with_threads_everywhere());
  SocketClient client = server.connect();
  on_each_processor([&](int processor) {
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

TEST_CASE("handlers that block hold up nobody whose packets arrive at the same processor",
          "[threads]") {
  constexpr int count = 12;
  on_each_processor([&](int) {
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
        with_threads_everywhere());
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
  });
}

TEST_CASE("no answer is lost or doubled while clients move from processor to processor",
          "[threads]") {
  constexpr int clients = 4;
  constexpr int requests = 2000;
  RunningServer server(
      [](Exchange& exchange, Next&) { answer(exchange, std::string(exchange.path())); },
      with_threads_everywhere());
  const std::vector<int> usable = scheduling::usable_processors();
  std::atomic<int> right{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < clients; ++number) {
    threads.emplace_back([&, number] {
      SocketClient client = server.connect();
      for (int count = 0; count < requests; ++count) {
        if (count % 10 == 0) {
          const auto at = static_cast<std::size_t>(count / 10 + number) % usable.size();
          scheduling::run_on(std::array{usable[at]});
        }
        const std::string path = "/" + std::to_string(number) + "/" + std::to_string(count);
        if (client.get(path).body == path) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(right == clients * requests);
}
