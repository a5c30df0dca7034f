#include "catena/runtime/worker.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support/captured_output.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"
#include "support/process.hpp"
#include "support/quiet_log.hpp"

using catena::Exchange;
using catena::Handler;
using catena::Next;
using catena::Worker;
using catena::testing::eventually;
using catena::testing::QuietLog;
using namespace std::chrono_literals;

namespace {

/// Keeps a worker busy until it is let go.
struct Gate {
  explicit Gate(Worker& worker) {
    REQUIRE(worker.post([this] {
      entered.count_down();
      released.wait();
    }));
    entered.wait();
  }
  std::latch entered{1};
  std::latch released{1};
};

/// Sends mails that no request waits for.
class Mailer : public Handler {
 public:
  explicit Mailer(std::atomic<int>& sent) : sent_(sent) {}

  void start() override { worker_.start(); }
  void stop() noexcept override { worker_.stop(); }

  void handle(Exchange& exchange, Next& next) const override {
    next(exchange);
    if (!exchange.dry_run) worker_.post([this] { send_a_mail(); });
  }

 private:
  void send_a_mail() const { ++sent_; }

  std::atomic<int>& sent_;
  mutable Worker worker_{"mailer"};
};

}  // namespace

TEST_CASE("a worker does jobs in their order, on a thread of its own", "[worker]") {
  std::vector<int> done;
  std::vector<std::thread::id> threads;
  {
    Worker worker("test");
    worker.start();
    for (int number = 0; number < 100; ++number) {
      CHECK(worker.post([&, number] {
        done.push_back(number);
        threads.push_back(std::this_thread::get_id());
      }));
    }
  }
  REQUIRE(done.size() == 100);
  for (std::size_t at = 0; at < done.size(); ++at) CHECK(done[at] == static_cast<int>(at));
  for (const std::thread::id id : threads) CHECK(id == threads.front());
  CHECK(threads.front() != std::this_thread::get_id());
}

TEST_CASE("a worker takes jobs from many threads", "[worker]") {
  std::atomic<int> done{0};
  Worker worker("test", 1'000'000);
  worker.start();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int number = 0; number < 500; ++number) worker.post([&done] { ++done; });
    });
  }
  for (std::thread& thread : threads) thread.join();
  worker.stop();
  CHECK(done == 2000);
}

TEST_CASE("a worker whose queue is full refuses, and does not wait", "[worker]") {
  Worker worker("test", 2);
  worker.start();
  Gate gate(worker);
  int done = 0;
  CHECK(worker.post([&done] { ++done; }));
  CHECK(worker.post([&done] { ++done; }));
  CHECK_FALSE(worker.post([&done] { done += 100; }));
  gate.released.count_down();
  worker.stop();
  CHECK(done == 2);
}

TEST_CASE("a stop finishes the job at work and those that wait, or drops these", "[worker]") {
  const auto waiting = GENERATE(Worker::Waiting::finish, Worker::Waiting::drop);
  Worker worker("test");
  worker.start();
  Gate gate(worker);
  std::atomic<int> done{0};
  const auto owned = std::make_shared<int>(1);
  worker.post([&done, owned] { ++done; });
  std::thread stopper([&] { worker.stop(waiting); });
  eventually([&] { return worker.stopping(); });
  CHECK_FALSE(worker.post([&done] { done += 100; }));
  CHECK(done == 0);
  gate.released.count_down();
  stopper.join();
  CHECK(done == (waiting == Worker::Waiting::finish ? 1 : 0));
  CHECK(owned.use_count() == 1);
  worker.stop();  // once more, to no effect
}

TEST_CASE("a worker may be stopped from several threads", "[worker]") {
  Worker worker("test");
  worker.start();
  Gate gate(worker);
  std::vector<std::thread> stoppers;
  for (int thread = 0; thread < 3; ++thread) stoppers.emplace_back([&] { worker.stop(); });
  gate.released.count_down();
  for (std::thread& stopper : stoppers) stopper.join();
  CHECK_FALSE(worker.post([] {}));
}

TEST_CASE("a job that throws is logged by the worker's name, and does not end it", "[worker]") {
  const CapturedOutput log(STDERR_FILENO);
  bool done = false;
  Worker worker("mail_sender");
  worker.start();
  worker.post([] { throw std::runtime_error("on purpose"); });
  worker.post([] { throw 42; });
  worker.post([&done] { done = true; });
  worker.stop();
  CHECK(done);
  CHECK_THAT(log.text(), ContainsSubstring("mail_sender: a background job failed: on purpose\n"));
  CHECK_THAT(log.text(), ContainsSubstring("it threw something that is no std::exception\n"));
}

TEST_CASE("a recurring job runs until the stop, among others, whatever it throws", "[worker]") {
  const QuietLog quiet;
  Worker worker("test");
  worker.start();
  std::atomic<int> often{0};
  std::atomic<int> seldom{0};
  worker.every(1ms, [&often] {
    ++often;
    throw std::runtime_error("on purpose");
  });
  worker.every(1h, [&seldom] { ++seldom; });
  eventually([&] { return often >= 3; });
  std::promise<void> posted;
  worker.post([&posted] { posted.set_value(); });
  CHECK(posted.get_future().wait_for(60s) == std::future_status::ready);
  const int so_far = often;
  eventually([&] { return often > so_far; });
  worker.stop();
  const int at_stop = often;
  worker.every(0ms, [&often] { ++often; });
  CHECK(often == at_stop);
  CHECK(seldom == 0);
}

TEST_CASE("a job can tell that a stop is wanted, and post what will not run", "[worker]") {
  Worker worker("test");
  worker.start();
  std::latch entered(1);
  bool refused = false;
  worker.post([&] {
    entered.count_down();
    eventually([&] { return worker.stopping(); });
    refused = !worker.post([] {});
  });
  entered.wait();
  worker.stop();
  CHECK(refused);
}

TEST_CASE("a worker that is not started takes no job, and keeps what recurs", "[worker]") {
  std::atomic<int> recurred{0};
  Worker worker("test");
  CHECK_FALSE(worker.post([] {}));
  worker.every(1ms, [&recurred] { ++recurred; });
  CHECK_FALSE(worker.stopping());
  worker.start();
  worker.start();  // once more, to no effect
  eventually([&] { return recurred > 0; });
  worker.stop();
  worker.start();
  CHECK_FALSE(worker.post([] {}));
  Worker never_started("test");
  never_started.stop();
}

TEST_CASE("a handler has a worker, which does its work from start to stop", "[worker]") {
  std::atomic<int> sent{0};
  {
    catena::testing::TestChain tried;
    tried.add("mailer", std::make_unique<Mailer>(sent)).dry_run(true);
    CHECK(tried.get("/").status == 404);
    catena::testing::TestChain chain;
    chain.add("mailer", std::make_unique<Mailer>(sent));
    for (int times = 0; times < 10; ++times) CHECK(chain.get("/").status == 404);
    chain.dry_run(true).get("/");
  }
  CHECK(sent == 10);
}
