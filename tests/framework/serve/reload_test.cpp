// A server in this process that is given something else to serve.

#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "framework/serve/running_server.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using namespace catena::testing;
using namespace std::chrono_literals;

namespace {

using Kind = Verdict::Kind;
using Generations = std::deque<std::unique_ptr<Generation>>;

/// Answers with a word, counts what it has answered, and keeps the count of the one before it.
class Counting : public Handler {
 public:
  explicit Counting(std::string word) : word_(std::move(word)) {}
  void handle(Exchange& exchange, Next&) const override {
    answer(exchange, word_ + " " + std::to_string(++*count_));
  }
  void take_over(const Handler& predecessor) override {
    if (const auto* before = dynamic_cast<const Counting*>(&predecessor)) count_ = before->count_;
  }

 private:
  std::string word_;
  std::shared_ptr<std::atomic<int>> count_ = std::make_shared<std::atomic<int>>(0);
};

/// A handler with a life of its own making.
struct Life {
  Function handle = answer_path;
  std::function<void()> start = [] {};
  std::function<void()> stop = [] {};
};

class Living : public Handler {
 public:
  explicit Living(Life life) : life_(std::move(life)) {}
  void handle(Exchange& exchange, Next& next) const override { life_.handle(exchange, next); }
  void start() override { life_.start(); }
  void stop() noexcept override { life_.stop(); }

 private:
  Life life_;
};

std::unique_ptr<Generation> generation_of(std::unique_ptr<Handler> handler,
                                          Settings settings = listening_on("127.0.0.1:0")) {
  Configuration configuration;
  configuration.settings = std::move(settings);
  configuration.pipeline = std::make_unique<Pipeline>();
  configuration.pipeline->add("handler", std::move(handler));
  return std::make_unique<Generation>(std::move(configuration), config::Value());
}

std::unique_ptr<Generation> saying(std::string word,
                                   Settings settings = listening_on("127.0.0.1:0")) {
  return generation_of(std::make_unique<Counting>(std::move(word)), std::move(settings));
}

/// Builds these, one after the other; then nothing more can be built.
BuildGeneration building(std::shared_ptr<Generations> generations) {
  return [generations](config::Diagnostics& diagnostics) -> std::unique_ptr<Generation> {
    if (generations->empty()) {
      diagnostics.add({"site.json", {1, 2}, "/chain", "it is wrong"});
      return nullptr;
    }
    auto next = std::move(generations->front());
    generations->pop_front();
    return next;
  };
}

template <typename... Next>
BuildGeneration then(Next... next) {
  auto generations = std::make_shared<Generations>();
  (generations->push_back(std::move(next)), ...);
  return building(std::move(generations));
}

Verdict reload(RunningServer& server) {
  auto promise = std::make_shared<std::promise<Verdict>>();
  server.reload([promise](const Verdict& verdict) { promise->set_value(verdict); });
  auto verdict = promise->get_future();
  if (verdict.wait_for(60s) != std::future_status::ready) throw std::runtime_error("no verdict");
  return verdict.get();
}

}  // namespace

TEST_CASE("after a reload the next request of a connection is served anew", "[reload]") {
  RunningServer server(saying("old"), then(saying("new")));
  SocketClient kept = server.connect();
  CHECK(kept.get("/").body == "old 1");
  CHECK(reload(server).kind == Kind::done);
  CHECK(kept.get("/").body == "new 2");
  CHECK(server.connect().get("/").body == "new 3");
}

TEST_CASE("what is wrong is told, and the old is served on", "[reload]") {
  RunningServer server(saying("old"), then());
  SocketClient kept = server.connect();
  CHECK(kept.get("/").body == "old 1");
  const Verdict verdict = reload(server);
  CHECK(verdict.kind == Kind::wrong);
  CHECK(verdict.lines == std::vector<std::string>{"site.json:1:2: /chain: it is wrong"});
  CHECK(kept.get("/").body == "old 2");
}

TEST_CASE("a handler that can't start, or take over, refuses the reload", "[reload]") {
  Life life;
  life.start = [] { throw std::runtime_error("no reason"); };
  RunningServer server(saying("old"), then(generation_of(std::make_unique<Living>(life)),
                                           generation_of(std::make_unique<Counting>("new"))));
  const Verdict verdict = reload(server);
  CHECK(verdict.kind == Kind::failed);
  CHECK(verdict.lines == std::vector<std::string>{"handler can't start: no reason"});
  CHECK(server.connect().get("/").body == "old 1");
  CHECK(reload(server).kind == Kind::done);
  CHECK(server.connect().get("/").body == "new 2");
}

TEST_CASE("an exchange in flight finishes on the old, which is stopped after it", "[reload]") {
  Gate gate;
  std::latch stopped(1);
  std::atomic<bool> is_stopped{false};
  Life life;
  life.handle = gate.handler();
  life.stop = [&] {
    is_stopped = true;
    stopped.count_down();
  };
  RunningServer server(generation_of(std::make_unique<Living>(life)),
                       then(generation(answer_path, listening_on("127.0.0.1:0"))));
  SocketClient at_work = server.connect();
  SocketClient idle = server.connect();
  CHECK(idle.get("/").status == 200);
  at_work.send("GET /wait HTTP/1.1\r\nHost: test\r\n\r\n");
  gate.entered.wait();
  CHECK(reload(server).kind == Kind::done);
  CHECK(idle.get("/").status == 200);
  CHECK_FALSE(is_stopped);
  gate.released.count_down();
  CHECK(at_work.read_response().body == "/wait");
  stopped.wait();
  CHECK(at_work.get("/again").body == "/again");
}

TEST_CASE("an idle connection holds on to nothing", "[reload]") {
  std::latch stopped(1);
  Life life;
  life.stop = [&] { stopped.count_down(); };
  RunningServer server(generation_of(std::make_unique<Living>(life)), then(saying("new")));
  SocketClient idle = server.connect();
  CHECK(idle.get("/").status == 200);
  CHECK(reload(server).kind == Kind::done);
  stopped.wait();
  CHECK(idle.get("/").body == "new 1");
}

TEST_CASE("who asks during a reload is served by one after it", "[reload]") {
  std::latch building_first(1);
  std::latch go_on(1);
  std::atomic<int> built{0};
  RunningServer server(saying("0"), [&](config::Diagnostics&) {
    const int number = ++built;
    if (number == 1) {
      building_first.count_down();
      go_on.wait();
    }
    return saying(std::to_string(number));
  });
  std::latch told(3);
  const auto tell = [&told](const Verdict&) { told.count_down(); };
  server.reload(tell);
  building_first.wait();
  server.reload(tell);
  server.reload(tell);
  CHECK(server.connect().get("/").body == "0 1");
  go_on.count_down();
  told.wait();
  CHECK(built == 2);
  CHECK(server.connect().get("/").body == "2 2");
}

TEST_CASE("who waits for a verdict is told meanwhile what the reload is at", "[reload]") {
  std::latch go_on(1);
  RunningServer server(saying("old"), {[&](config::Diagnostics&) {
                                         go_on.wait();
                                         return saying("new");
                                       },
                                       [] { return std::string("its work"); }});
  std::latch told(2);
  std::latch told_meanwhile(2);
  std::string first;
  std::string second;
  const auto asking = [&](std::string& text) {
    return TellVerdict([&](const Verdict&) { told.count_down(); },
                       [&](const std::string& meanwhile) {
                         if (text.empty()) told_meanwhile.count_down();
                         text = meanwhile;
                       });
  };
  server.reload(asking(first));
  server.reload(asking(second));
  told_meanwhile.wait();
  go_on.count_down();
  told.wait();
  for (const std::string& text : {first, second}) {
    CHECK(text.starts_with("a reload has been under way for "));
    CHECK(text.ends_with(" s, at a dry run: its work"));
  }
}

TEST_CASE("listeners are opened and closed as needed, and kept where nothing changed", "[reload]") {
  const TempDir directory;
  const std::string kept = "unix:" + (directory / "kept").string();
  const std::string closed = (directory / "closed").string();
  const std::string opened = (directory / "opened").string();
  Settings before = listening_on(kept);
  before.listen.push_back("unix:" + closed);
  Settings after = listening_on("unix:" + opened);
  after.listen.push_back(kept);
  RunningServer server(saying("old", before), then(saying("new", after)));
  SocketClient on_closed(closed);
  const auto socket_before = std::filesystem::last_write_time(directory / "kept");
  const Verdict verdict = reload(server);
  CHECK(verdict.kind == Kind::done);
  CHECK(verdict.lines == std::vector<std::string>{"listening on unix:" + opened,
                                                  "no longer listening on unix:" + closed});
  CHECK(std::filesystem::last_write_time(directory / "kept") == socket_before);
  CHECK_FALSE(std::filesystem::exists(closed));
  CHECK(SocketClient(opened).get("/").body == "new 1");
  CHECK(SocketClient((directory / "kept").string()).get("/").body == "new 2");
  CHECK(on_closed.get("/").body == "new 3");
}

TEST_CASE("whoever has connected before a listener closes is let in", "[reload]") {
  const TempDir directory;
  const std::string first = (directory / "first").string();
  const std::string second = (directory / "second").string();
  auto generations = std::make_shared<Generations>();
  for (int round = 0; round < 20; ++round) {
    Settings settings = listening_on("unix:" + (round % 2 == 0 ? second : first));
    generations->push_back(saying("next", settings));
  }
  RunningServer server(saying("first", listening_on("unix:" + first)), building(generations));
  for (int round = 0; round < 20; ++round) {
    std::vector<SocketClient> clients;
    for (int number = 0; number < 50; ++number) {
      clients.emplace_back(round % 2 == 0 ? first : second);
    }
    REQUIRE(reload(server).kind == Kind::done);
    for (SocketClient& client : clients) REQUIRE(client.get("/").status == 200);
  }
}

TEST_CASE("a reload goes over to the other model of threads", "[reload]") {
  Settings parked = listening_on("127.0.0.1:0");
  Settings dedicated = parked;
  dedicated.threads.model = Threads::Model::dedicated;
  RunningServer server(saying("parked", parked),
                       then(saying("dedicated", dedicated), saying("parked", parked)));
  SocketClient kept = server.connect();
  CHECK(kept.get("/").body == "parked 1");
  CHECK(reload(server).kind == Kind::done);
  SocketClient kept_as_well = server.connect();
  CHECK(kept_as_well.get("/").body == "dedicated 2");
  CHECK(kept.get("/").body == "dedicated 3");
  CHECK(reload(server).kind == Kind::done);
  CHECK(server.connect().get("/").body == "parked 4");
  CHECK(kept_as_well.get("/").body == "parked 5");
}

TEST_CASE("an address that can't be had refuses the reload, and nothing stays open", "[reload]") {
  const TempDir directory;
  const RunningServer other;
  const std::string taken = "127.0.0.1:" + std::to_string(other.port());
  Settings after = listening_on("unix:" + (directory / "opened").string());
  after.listen.push_back(taken);
  RunningServer server(saying("old"), then(saying("new", after)));
  const Verdict verdict = reload(server);
  CHECK(verdict.kind == Kind::failed);
  REQUIRE(verdict.lines.size() == 1);
  CHECK_THAT(verdict.lines[0], ContainsSubstring("can't listen on " + taken));
  CHECK_FALSE(std::filesystem::exists(directory / "opened"));
  CHECK(server.connect().get("/").body == "old 1");
}

TEST_CASE("an address may be widened to all of the machine, and back", "[reload]") {
  // The port has to be known beforehand: another server gives one away.
  std::uint16_t port = 0;
  { port = RunningServer().port(); }
  const std::string narrow = "127.0.0.1:" + std::to_string(port);
  const std::string wide = "0.0.0.0:" + std::to_string(port);
  RunningServer server(
      saying("narrow", listening_on(narrow)),
      then(saying("wide", listening_on(wide)), saying("narrow", listening_on(narrow))));
  SocketClient kept = server.connect();
  CHECK(kept.get("/").body == "narrow 1");
  CHECK(reload(server).lines ==
        std::vector<std::string>{"listening on http://" + wide,
                                 "no longer listening on http://" + narrow});
  CHECK(SocketClient(port).get("/").body == "wide 2");
  CHECK(reload(server).kind == Kind::done);
  CHECK(SocketClient(port).get("/").body == "narrow 3");
  CHECK(kept.get("/").body == "narrow 4");
  const Settings again = listening_on(narrow);
  CHECK_THROWS_WITH(RunningServer(answer_path, again), ContainsSubstring("Address already in use"));
}

TEST_CASE("settings follow with the next request, limits on connections at once", "[reload]") {
  Settings after = listening_on("127.0.0.1:0");
  after.name = "new";
  after.limits.target.count = 64;
  after.limits.connections = 1;
  RunningServer server(saying("old"), then(saying("new", after)));
  SocketClient kept = server.connect();
  CHECK(kept.get("/" + std::string(100, 'x')).status == 200);
  CHECK(reload(server).kind == Kind::done);
  const HttpResponse response = kept.get("/");
  CHECK(response.header("Server") == "new");
  SocketClient other = server.connect();  // the limit closes the idle one for it
  CHECK(other.get("/").status == 200);
  CHECK(kept.at_end());
  CHECK(other.get("/" + std::string(100, 'x')).status == 414);
}

TEST_CASE("a server that stops reloads no more", "[reload]") {
  Gate gate;
  RunningServer server(generation(gate.handler(), listening_on("127.0.0.1:0")),
                       then(saying("new")));
  SocketClient at_work = server.connect();
  at_work.send("GET /wait HTTP/1.1\r\nHost: test\r\n\r\n");
  gate.entered.wait();
  server.stop();
  const Verdict verdict = reload(server);
  CHECK(verdict.kind == Kind::failed);
  CHECK(verdict.lines == std::vector<std::string>{"the server is stopping"});
  gate.released.count_down();
  CHECK(at_work.read_response().status == 200);
  CHECK(server.wait() == Server::Ended::clean);
}

TEST_CASE("a server that is stopped during a reload ends it", "[reload]") {
  std::latch building_first(1);
  std::latch go_on(1);
  RunningServer server(saying("old"), [&](config::Diagnostics&) {
    building_first.count_down();
    go_on.wait();
    return saying("new");
  });
  std::promise<Verdict> promise;
  server.reload([&](const Verdict& verdict) { promise.set_value(verdict); });
  building_first.wait();
  server.stop();
  go_on.count_down();
  CHECK(promise.get_future().get().kind == Kind::failed);
  CHECK(server.wait() == Server::Ended::clean);
}

TEST_CASE("no request fails while reloads go on", "[reload]") {
  std::atomic<int> built{0};
  RunningServer server(saying("0"),
                       [&](config::Diagnostics&) { return saying(std::to_string(++built)); });
  std::atomic<bool> over{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> clients;
  for (int number = 0; number < 4; ++number) {
    clients.emplace_back([&, kept = server.connect()]() mutable {
      while (!over) {
        if (kept.get("/").status != 200) ++wrong;
        if (server.connect().get("/").status != 200) ++wrong;
      }
    });
  }
  for (int round = 0; round < 50; ++round) CHECK(reload(server).kind == Kind::done);
  over = true;
  for (std::thread& client : clients) client.join();
  CHECK(wrong == 0);
  CHECK(built == 50);
}
