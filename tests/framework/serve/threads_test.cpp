// What clients see of the two threading models: the same, but for what waiting costs.

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <iterator>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "framework/serve/running_server.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"
#include "support/process.hpp"
#include "support/socket_client.hpp"

using namespace catena;
using namespace catena::testing;
using namespace std::chrono_literals;

namespace {

using Model = Threads::Model;

Settings with(Model model) {
  Settings settings = listening_on("127.0.0.1:0");
  settings.threads.model = model;
  return settings;
}

/// As few threads as there can be.
Settings with_one_thread() {
  Settings settings = with(Model::parked);
  settings.threads.running = 1;
  settings.threads.most = 1;
  return settings;
}

constexpr std::size_t large = 8 * 1024 * 1024;

/// Answers "/large" with more than a connection holds, and echoes the bodies of others.
void answer_all(Exchange& exchange, Next&) {
  if (exchange.path() == "/large") return answer(exchange, std::string(large, 'x'));
  std::string body;
  std::array<char, 1000> piece;
  for (;;) {
    const auto read = exchange.body.read(piece);
    body.append(piece.data(), read.size);
    if (read.state != RequestBody::State::more) break;
  }
  answer(exchange, std::string(exchange.path()) + ": " + body);
}

/// Answers with the path; "/block" only once it is released. `entered` waits for so many of them.
struct Blocking {
  explicit Blocking(int count) : entered(count) {}
  void operator()(Exchange& exchange, Next&) {
    if (exchange.path() == "/block") {
      entered.count_down();
      released.wait();
    }
    answer(exchange, exchange.path());
  }

  std::latch entered;
  std::latch released{1};
};

void send_get(SocketClient& client, std::string_view path) {
  client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n\r\n");
}

std::size_t threads_here() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

}  // namespace

TEST_CASE("both models serve requests that come in pieces, and in crowds", "[threads]") {
  const Model model = GENERATE(Model::parked, Model::dedicated);
  RunningServer server(answer_all, with(model));
  SocketClient client = server.connect();
  CHECK(client.get("/first").body == "/first: ");
  for (const char* piece : {"POST /pieces HTTP/1.1\r", "\nHost: test\r\nContent-",
                            "Length: 8\r\n\r", "\nfour", "more"}) {
    client.send(piece);
    CHECK(server.connect().get("/meanwhile").status == 200);
  }
  CHECK(client.read_response().body == "/pieces: fourmore");
  std::string crowd;
  for (int number = 0; number < 500; ++number) {
    crowd += "GET /" + std::to_string(number) + " HTTP/1.1\r\nHost: test\r\n\r\n";
  }
  client.send(crowd);
  for (int number = 0; number < 500; ++number) {
    REQUIRE(client.read_response().body == "/" + std::to_string(number) + ": ");
  }
}

TEST_CASE("in both models a client that has finished sending is answered", "[threads]") {
  const Model model = GENERATE(Model::parked, Model::dedicated);
  RunningServer server(answer_all, with(model));
  for (int time = 0; time < 50; ++time) {
    SocketClient client = server.connect();
    send_get(client, "/one");
    send_get(client, "/two");
    client.finish_sending();
    CHECK(client.read_response().body == "/one: ");
    CHECK(client.read_response().body == "/two: ");
    CHECK(client.at_end());
  }
}

TEST_CASE("a connection is idle from when a body that nobody read has come", "[threads]") {
  Settings settings = with(GENERATE(Model::parked, Model::dedicated));
  settings.timeouts.idle = 300ms;
  RunningServer server(answer_path, settings);
  SocketClient client = server.connect();
  client.send("POST /path HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\n12345");
  CHECK(client.read_response().status == 200);
  std::this_thread::sleep_for(settings.timeouts.idle + 100ms);
  const auto sent = std::chrono::steady_clock::now();
  client.send("67890");
  CHECK(client.at_end());
  CHECK(std::chrono::steady_clock::now() - sent >= settings.timeouts.idle);
}

TEST_CASE("in both models waiting has an end", "[threads]") {
  const Model model = GENERATE(Model::parked, Model::dedicated);
  Settings settings = with(model);
  settings.timeouts.idle = 50ms;
  settings.timeouts.head = 100ms;
  settings.timeouts.stall = 100ms;
  RunningServer server(answer_all, settings);
  SECTION("for a first request") { CHECK(server.connect().at_end()); }
  SECTION("for another request") {
    SocketClient client = server.connect();
    CHECK(client.get("/").status == 200);
    CHECK(client.at_end());
  }
  SECTION("for the rest of a head") {
    SocketClient client = server.connect();
    client.send("GET / HTTP/1.1\r\nHo");
    CHECK(client.read_response().status == 408);
    CHECK(client.at_end());
  }
  SECTION("for a client that does not read") {
    SocketClient client = server.connect();
    send_get(client, "/large");
    eventually([&] { return server.sent().size() == 1; });
    CHECK(server.sent().front().outcome == Sent::Outcome::too_slow);
    CHECK(server.sent().front().body_bytes < large);
  }
  SECTION("for the rest of a body that nobody reads") {
    RunningServer indifferent(answer_path, settings);
    SocketClient client = indifferent.connect();
    client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nfour");
    CHECK(client.read_response().status == 200);
    CHECK(client.at_end());
  }
}

TEST_CASE("in both models the rest of a body that nobody reads may come late", "[threads]") {
  const Model model = GENERATE(Model::parked, Model::dedicated);
  RunningServer server(answer_path, with(model));
  SocketClient client = server.connect();
  client.send("POST /a HTTP/1.1\r\nHost: test\r\nContent-Length: 8\r\n\r\nfour");
  CHECK(client.read_response().body == "/a");
  client.send("moreGET /b HTTP/1.1\r\nHost: test\r\n\r\n");
  CHECK(client.read_response().body == "/b");
}

TEST_CASE("in both models a stop lets exchanges finish and closes what waits", "[threads]") {
  const Model model = GENERATE(Model::parked, Model::dedicated);
  Gate gate;
  RunningServer server(gate.handler(), with(model));
  SocketClient idle = server.connect();
  CHECK(idle.get("/").status == 200);
  SocketClient never_used = server.connect();
  SocketClient busy = server.connect();
  send_get(busy, "/wait");
  gate.entered.wait();
  server.stop();
  CHECK(idle.at_end());
  CHECK(never_used.at_end());
  gate.released.count_down();
  CHECK(busy.read_response().body == "/wait");
  CHECK(server.wait() == Server::Ended::clean);
}

TEST_CASE("slow clients hold no thread", "[threads]") {
  RunningServer server(answer_all, with_one_thread());
  std::vector<SocketClient> idle;
  std::vector<SocketClient> slow_heads;
  std::vector<SocketClient> slow_readers;
  for (int number = 0; number < 20; ++number) {
    idle.push_back(server.connect());
    slow_heads.push_back(server.connect());
    slow_heads.back().send("GET /slow HTTP/1.1\r\nHost: te");
    slow_readers.push_back(server.connect());
    send_get(slow_readers.back(), "/large");
  }
  CHECK(server.connect().get("/quick").body == "/quick: ");
  for (SocketClient& client : slow_heads) client.send("st\r\n\r\n");
  for (SocketClient& client : slow_heads) CHECK(client.read_response().body == "/slow: ");
  for (SocketClient& client : slow_readers) {
    CHECK(client.read_response().body == std::string(large, 'x'));
    CHECK(client.get("/again").body == "/again: ");
  }
  for (SocketClient& client : idle) CHECK(client.get("/").body == "/: ");
}

TEST_CASE("a body that is made while it is sent waits for its client without a thread",
          "[threads]") {
  class Counting : public BodySource {
   public:
    std::size_t read(std::span<char> into) override {
      const std::size_t size = std::min(into.size(), large - given_);
      for (char& byte : into.first(size)) byte = static_cast<char>('a' + given_++ % 23);
      return size;
    }

   private:
    std::size_t given_ = 0;
  };
  RunningServer server(
      [](Exchange& exchange, Next&) {
        exchange.response.set_status(Status::ok);
        if (exchange.path() == "/") exchange.response.body.stream(std::make_unique<Counting>());
      },
      with_one_thread());
  std::string expected(large, ' ');
  for (std::size_t at = 0; at < large; ++at) expected[at] = static_cast<char>('a' + at % 23);
  std::vector<SocketClient> clients;
  for (int number = 0; number < 3; ++number) {
    clients.push_back(server.connect());
    send_get(clients.back(), "/");
  }
  CHECK(server.connect().get("/quick").status == 200);
  for (SocketClient& client : clients) {
    CHECK((client.read_response().body == expected));
  }
}

TEST_CASE("handlers that block hold up nobody else", "[threads]") {
  Settings settings = with(Model::parked);
  settings.threads.running = 1;
  constexpr int count = 30;
  Blocking handler(count);
  RunningServer server(std::ref(handler), settings);
  std::vector<SocketClient> blocked;
  for (int number = 0; number < count; ++number) {
    blocked.push_back(server.connect());
    send_get(blocked.back(), "/block");
  }
  CHECK(server.connect().get("/quick").body == "/quick");
  handler.entered.wait();  // all at once
  CHECK(server.connect().get("/quick").body == "/quick");
  handler.released.count_down();
  for (SocketClient& client : blocked) CHECK(client.read_response().body == "/block");
}

TEST_CASE("handlers that compute hold up nobody else for long", "[threads]") {
  Settings settings = with(Model::parked);
  settings.threads.running = 1;
  std::atomic<bool> computes{false};
  std::atomic<bool> answered{false};
  RunningServer server(
      [&](Exchange& exchange, Next&) {
        if (exchange.path() == "/compute") {
          computes = true;
          const auto give_up = std::chrono::steady_clock::now() + 60s;
          while (!answered && std::chrono::steady_clock::now() < give_up) continue;
        }
        answer(exchange, answered ? "afterwards" : "meanwhile");
      },
      settings);
  SocketClient computing = server.connect();
  send_get(computing, "/compute");
  while (!computes) std::this_thread::yield();
  CHECK(server.connect().get("/quick").body == "meanwhile");
  answered = true;
  CHECK(computing.read_response().body == "afterwards");
}

TEST_CASE("connections on which handlers block again and again hold up nobody else", "[threads]") {
  struct Round {
    std::latch entered{3};
    std::latch released{1};
  };
  std::array<Round, 4> rounds;
  Settings settings = with(Model::parked);
  settings.threads.running = 1;
  RunningServer server(
      [&](Exchange& exchange, Next&) {
        if (exchange.path().starts_with("/block")) {
          Round& round = rounds[static_cast<std::size_t>(exchange.path().back() - '0')];
          round.entered.count_down();
          round.released.wait();
        }
        answer(exchange, exchange.path());
      },
      settings);
  std::vector<SocketClient> blocked;
  for (int number = 0; number < 3; ++number) blocked.push_back(server.connect());
  SocketClient quick = server.connect();
  for (std::size_t number = 0; number < rounds.size(); ++number) {
    const std::string path = "/block" + std::to_string(number);
    for (SocketClient& client : blocked) send_get(client, path);
    CHECK(quick.get("/quick").body == "/quick");
    rounds[number].entered.wait();
    CHECK(quick.get("/quick").body == "/quick");
    rounds[number].released.count_down();
    for (SocketClient& client : blocked) CHECK(client.read_response().body == path);
    for (SocketClient& client : blocked) CHECK(client.get("/quick").body == "/quick");
  }
}

TEST_CASE("a handler that blocks does not hold up who connected together with its client",
          "[threads]") {
  Settings settings = with(Model::parked);
  settings.threads.running = 1;
  constexpr int count = 40;  // more than are let in at once
  std::latch entered(count);
  auto handler = std::make_unique<FunctionHandler>([&](Exchange& exchange, Next&) {
    entered.arrive_and_wait();  // until all of them are here
    answer(exchange, exchange.path());
  });
  std::vector<std::unique_ptr<Handler>> handlers;
  handlers.push_back(std::move(handler));
  const QuietLog quiet;
  Server server(generation(std::move(handlers), settings), {});
  const std::string url = server.listen().front();
  const int port = std::stoi(url.substr(url.rfind(':') + 1));
  std::vector<SocketClient> clients;
  for (int number = 0; number < count; ++number) {
    clients.emplace_back(static_cast<std::uint16_t>(port));
    send_get(clients.back(), "/together");
  }
  std::thread thread([&] { server.run(); });
  for (SocketClient& client : clients) CHECK(client.read_response().body == "/together");
  server.stop();
  thread.join();
}

TEST_CASE("handlers that sleep again and again get as many threads as it takes", "[threads]") {
  constexpr int count = 100;
  constexpr int enough = 80;  // what a busy machine has at work at once of them
  std::atomic<int> at_work{0};
  std::atomic<int> most{0};
  RunningServer server(
      [&](Exchange& exchange, Next&) {
        if (exchange.path() == "/sleep") {
          const int now = ++at_work;
          for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) continue;
          std::this_thread::sleep_for(50ms);
          --at_work;
        }
        answer(exchange, exchange.path());
      },
      with(Model::parked));
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  const auto ask = [&](std::string_view path) {
    SocketClient client = server.connect();
    while (most < enough && std::chrono::steady_clock::now() < give_up) client.get(path);
  };
  // Beside requests that are quick, and one after the other, so that never all threads are stuck.
  std::vector<std::thread> clients;
  for (int number = 0; number < 8; ++number) clients.emplace_back(ask, "/quick");
  for (int number = 0; number < count; ++number) {
    clients.emplace_back(ask, "/sleep");
    std::this_thread::sleep_for(7ms);
  }
  for (std::thread& client : clients) client.join();
  CHECK(most >= enough);
}

TEST_CASE("threads that came for handlers that block go when they are not needed", "[threads]") {
  Settings settings = with(Model::parked);
  settings.threads.running = 1;
  constexpr int count = 20;
  Blocking handler(count);
  RunningServer server(std::ref(handler), settings);
  CHECK(server.connect().get("/quick").body == "/quick");
  const std::size_t before = threads_here();
  std::vector<SocketClient> blocked;
  for (int number = 0; number < count; ++number) {
    blocked.push_back(server.connect());
    send_get(blocked.back(), "/block");
  }
  handler.entered.wait();
  CHECK(threads_here() > count);
  handler.released.count_down();
  for (SocketClient& client : blocked) CHECK(client.read_response().body == "/block");
  // They stay for a while, should they be needed again.
  eventually([&] { return threads_here() <= before + 1; });
  CHECK(server.connect().get("/quick").body == "/quick");
}

TEST_CASE("there are never more threads at work than the configuration allows", "[threads]") {
  Settings settings = with(Model::parked);
  settings.threads.running = 1;
  settings.threads.most = 2;
  std::atomic<int> at_work{0};
  std::atomic<int> most{0};
  RunningServer server(
      [&](Exchange& exchange, Next&) {
        const int now = ++at_work;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) continue;
        std::this_thread::sleep_for(20ms);
        --at_work;
        answer(exchange, "done");
      },
      settings);
  std::vector<SocketClient> clients;
  for (int number = 0; number < 10; ++number) {
    clients.push_back(server.connect());
    send_get(clients.back(), "/");
  }
  for (SocketClient& client : clients) CHECK(client.read_response().body == "done");
  CHECK(most == 2);
}
