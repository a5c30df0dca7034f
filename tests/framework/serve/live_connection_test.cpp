// What handlers may count on when there is a real client at the other end, who reads slowly, goes
// away or stays: what no connection in memory can show.

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "catena/pipeline/upgraded.hpp"
#include "framework/serve/running_server.hpp"
#include "support/captured_output.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"

using namespace catena;
using namespace catena::testing;
using namespace std::chrono_literals;

namespace {

/// Gives bytes without end, and counts them.
class Endless : public BodySource {
 public:
  explicit Endless(std::atomic<std::size_t>& given) : given_(given) {}
  std::size_t read(std::span<char> into) override {
    std::fill(into.begin(), into.end(), 'x');
    given_ += into.size();
    return into.size();
  }

 private:
  std::atomic<std::size_t>& given_;
};

void send_get(SocketClient& client, std::string_view more_fields = {}) {
  client.send(std::string("GET / HTTP/1.1\r\nHost: test\r\n").append(more_fields).append("\r\n"));
}

}  // namespace

TEST_CASE("a source is not pulled while the client does not read", "[live_connection]") {
  std::atomic<std::size_t> given{0};
  Settings settings = listening_on("127.0.0.1:0");
  settings.timeouts.stall = 200ms;
  RunningServer server(
      [&given](Exchange& exchange, Next&) {
        exchange.response.set_status(Status::ok);
        exchange.response.body.stream(std::make_unique<Endless>(given));
      },
      settings);
  SocketClient client = server.connect();
  send_get(client);
  eventually([&] { return server.sent().size() == 1; });
  const Sent sent = server.sent().front();
  CHECK(sent.outcome == Sent::Outcome::too_slow);
  // The piece under way is all that the source gave beyond what the kernel took.
  CHECK(given >= sent.body_bytes);
  CHECK(given - sent.body_bytes <= 16 * 1024);
}

TEST_CASE("a source that takes its time costs the client nothing", "[live_connection]") {
  class Slow : public BodySource {
   public:
    std::size_t read(std::span<char> into) override {
      if (given_ == 5) return 0;
      ++given_;
      std::this_thread::sleep_for(50ms);
      return std::string_view("x").copy(into.data(), into.size());
    }

   private:
    int given_ = 0;
  };
  Settings settings = listening_on("127.0.0.1:0");
  settings.timeouts.stall = 10ms;
  settings.limits.bytes_per_second = 1'000'000;
  RunningServer server(
      [](Exchange& exchange, Next&) {
        exchange.response.set_status(Status::ok);
        exchange.response.body.stream(std::make_unique<Slow>());
      },
      settings);
  CHECK(server.connect().get("/").body == "xxxxx");
}

TEST_CASE("a handler learns that its client is gone, and that a half-closed one is not",
          "[live_connection]") {
  std::latch entered(1);
  std::latch finished_sending(1);
  std::latch asked(1);
  std::atomic<bool> gone_too_early{false};
  RunningServer server([&](Exchange& exchange, Next&) {
    entered.count_down();
    finished_sending.wait();
    gone_too_early = exchange.client_gone();
    asked.count_down();
    eventually([&] { return exchange.client_gone(); });
  });
  SocketClient client = server.connect();
  send_get(client);
  entered.wait();
  client.finish_sending();
  finished_sending.count_down();
  asked.wait();
  client.reset();
  eventually([&] { return server.sent().size() == 1; });
  CHECK_FALSE(gone_too_early);
  CHECK(server.sent().front().outcome == Sent::Outcome::gone);
}

TEST_CASE("a handler learns that a stop is wanted, and answers within the grace",
          "[live_connection]") {
  std::latch entered(1);
  RunningServer server([&](Exchange& exchange, Next&) {
    entered.count_down();
    eventually([&] { return exchange.stop_wanted(); });
    answer(exchange, "stopping");
  });
  SocketClient client = server.connect();
  send_get(client);
  entered.wait();
  server.stop();
  CHECK(client.read_response().body == "stopping");
  CHECK(server.wait() == Server::Ended::clean);
}

TEST_CASE("a connection that was taken over talks both ways, and ends at a stop",
          "[live_connection]") {
  RunningServer server([](Exchange& exchange, Next&) {
    exchange.response.set_status(Status::switching_protocols);
    exchange.response.headers.set("Upgrade", "echo");
    exchange.response.upgrade([](Upgraded& connection) {
      std::array<char, 100> buffer;
      while (!connection.stop_wanted()) {
        const IoResult got = connection.read(buffer, std::chrono::steady_clock::now() + 10ms);
        if (got.status != IoStatus::ok && got.status != IoStatus::timeout) return;
        connection.write({buffer.data(), got.size});
      }
      connection.write("bye");
    });
  });
  SocketClient client = server.connect();
  send_get(client, "Connection: upgrade\r\nUpgrade: echo\r\n");
  CHECK(client.read_response().status == 101);
  for (const char* word : {"hello", "again"}) {
    client.send(word);
    std::string heard;
    std::array<char, 5> buffer;
    while (heard.size() < buffer.size()) {
      const ssize_t got = ::read(client.fd(), buffer.data(), buffer.size() - heard.size());
      REQUIRE(got > 0);
      heard.append(buffer.data(), static_cast<std::size_t>(got));
    }
    CHECK(heard == word);
  }
  server.stop();
  CHECK(client.read_to_end() == "bye");
  client.finish_sending();
  CHECK(server.wait() == Server::Ended::clean);
  REQUIRE(server.sent().size() == 1);
  CHECK(server.sent().front().body_bytes == 13);
}

TEST_CASE("a server names a handler that does not return", "[live_connection]") {
  std::latch released(1);
  Settings settings = listening_on("127.0.0.1:0");
  settings.timeouts.handler = 50ms;
  RunningServer server(
      [&](Exchange& exchange, Next&) {
        if (exchange.path() == "/") released.wait();
        answer(exchange, "at last");
      },
      settings);
  const CapturedOutput captured(STDERR_FILENO);
  log::set_level(log::Level::info);
  SocketClient client = server.connect();
  send_get(client);
  eventually([&] { return !captured.text().empty(); });
  released.count_down();
  CHECK(client.read_response().body == "at last");
  CHECK_THAT(captured.text(),
             ContainsSubstring("function has not returned for 0.05 s on \"GET / HTTP/1.1\" from "
                               "127.0.0.1\n"));
}

TEST_CASE("a server names nobody when the time for handlers is 0", "[live_connection]") {
  Settings settings = listening_on("127.0.0.1:0");
  settings.timeouts.handler = 0ms;
  RunningServer server(answer_path, settings);
  CHECK(server.connect().get("/here").body == "/here");
}
