#include "catena/serve/activity.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "catena/pipeline/pipeline.hpp"
#include "catena/runtime/log.hpp"
#include "catena/serve/connection.hpp"
#include "support/bare_exchange.hpp"
#include "support/catch.hpp"

using catena::Activity;
using catena::CurrentService;
using catena::Service;
using catena::testing::BareExchange;

TEST_CASE("an activity tells since when a connection is idle", "[activity]") {
  const auto now = [] { return std::chrono::steady_clock::now().time_since_epoch().count(); };
  Activity activity;
  CHECK(activity.idle_since() == 0);
  const auto before = now();
  activity.begin_idle();
  CHECK(activity.idle_since() >= before);
  CHECK(activity.idle_since() <= now());
  activity.begin_request();
  CHECK(activity.idle_since() == 0);
}

TEST_CASE("an activity holds on to the service that was current", "[activity]") {
  const catena::Settings settings;
  const catena::Pipeline pipeline;
  const Service first{settings, pipeline};
  const Service second{settings, pipeline};
  CurrentService current{&first};
  Activity activity;
  CHECK_FALSE(activity.uses(first));
  CHECK(&activity.take(current) == &first);
  current = &second;
  CHECK(activity.uses(first));
  CHECK_FALSE(activity.uses(second));
  activity.release();
  CHECK_FALSE(activity.uses(first));
  CHECK(&activity.take(current) == &second);
  CHECK(activity.uses(second));
}

TEST_CASE("a service that nobody uses after its replacement stays unused", "[activity]") {
  // What a taker uses is alive: nobody takes what was seen unused after it was replaced.
  const catena::Settings settings;
  const catena::Pipeline pipeline;
  constexpr std::size_t rounds = 20'000;
  const std::vector<Service> services(rounds, Service{settings, pipeline});
  std::vector<std::atomic<bool>> gone(rounds);
  CurrentService current{services.data()};
  Activity activity;
  std::atomic<bool> over{false};
  std::size_t used_when_gone = 0;
  std::thread taker([&] {
    while (!over) {
      const Service& taken = activity.take(current);
      if (gone[static_cast<std::size_t>(&taken - services.data())]) ++used_when_gone;
      activity.release();
    }
  });
  for (std::size_t round = 1; round < rounds; ++round) {
    current = &services[round];
    while (activity.uses(services[round - 1])) std::this_thread::yield();
    gone[round - 1] = true;
  }
  over = true;
  taker.join();
  CHECK(used_when_gone == 0);
}

TEST_CASE("an activity tells what a connection is working on", "[activity]") {
  class Describing : public catena::Handler {
   public:
    Describing(const Activity& activity, std::string& text) : activity_(activity), text_(text) {}
    void handle(catena::Exchange&, catena::Next&) const override { text_ = activity_.describe(); }

   private:
    const Activity& activity_;
    std::string& text_;
  };
  Activity activity;
  std::string inside;
  catena::Pipeline pipeline;
  pipeline.add("slow_handler", std::make_unique<Describing>(activity, inside));
  BareExchange bare("GET /\"\x1b HTTP/1.1");

  CHECK(activity.describe().empty());
  activity.begin_exchange(bare.exchange);
  pipeline.run(bare.exchange);
  CHECK(inside ==
        R"(slow_handler on )" + catena::log::quoted(bare.request.line) + " from 192.0.2.1");
  CHECK(inside.find('\x1b') == std::string::npos);
  CHECK(activity.describe() ==
        "sending on " + catena::log::quoted(bare.request.line) + " from 192.0.2.1");
  activity.end_exchange();
  CHECK(activity.describe().empty());
}

TEST_CASE("an activity names who took the connection over", "[activity]") {
  Activity activity;
  BareExchange bare("GET / HTTP/1.1");
  activity.begin_exchange(bare.exchange);
  activity.hand_over("talker");
  CHECK(activity.describe() == "talker, which took it over, on \"GET / HTTP/1.1\" from 192.0.2.1");
  activity.end_exchange();
  activity.begin_exchange(bare.exchange);
  CHECK(activity.describe() == "sending on \"GET / HTTP/1.1\" from 192.0.2.1");
  activity.end_exchange();
}

TEST_CASE("a connection that is taken over is at work all the while", "[activity]") {
  Activity activity;
  BareExchange bare("GET / HTTP/1.1");
  std::atomic<int> open{0};  // the number of the exchange under way
  std::atomic<bool> over{false};
  std::atomic<int> looks{0};
  std::atomic<int> seen_idle{0};
  std::thread looker([&] {
    while (!over) {
      const int before = open;
      const bool idle = activity.describe().empty();
      if (before == 0 || open != before) continue;
      ++looks;
      if (idle) ++seen_idle;
    }
  });
  // Each time the look is elsewhere.
  const auto linger = [](int turns) {
    for (int turn = 0; turn < turns; ++turn) std::atomic_signal_fence(std::memory_order_seq_cst);
  };
  for (int number = 1; number <= 100'000 || looks < 100; ++number) {
    activity.begin_exchange(bare.exchange);
    open = number;
    linger(number * 7 % 1000);
    activity.hand_over("talker");
    linger(1000);
    open = 0;
    activity.end_exchange();
  }
  over = true;
  looker.join();
  CHECK(seen_idle == 0);
}
