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

}  // namespace

TEST_CASE("a worker does jobs in their order, on a thread of its own", "[worker]") {
  std::vector<int> done;
  std::vector<std::thread::id> threads;
  {
    Worker worker("test");
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
  CHECK(posted.get_future().wait_for(10s) == std::future_status::ready);
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

TEST_CASE("a handler has a worker from its start to its stop", "[worker]") {
  class Counter : public catena::Handler {
   public:
    explicit Counter(int& counted) : counted_(counted) {}
    void start() override { worker_ = std::make_unique<Worker>("counter"); }
    void stop() noexcept override { worker_.reset(); }
    void handle(catena::Exchange& exchange, catena::Next&) const override {
      const bool posted = worker_->post([this] { ++counted_; });
      catena::testing::answer(exchange, posted ? "posted" : "refused");
    }

   private:
    int& counted_;  // used on the worker's thread until `stop`
    std::unique_ptr<Worker> worker_;
  };
  int counted = 0;
  {
    catena::testing::TestChain chain;
    chain.add("counter", std::make_unique<Counter>(counted));
    for (int times = 0; times < 10; ++times) CHECK(chain.get("/").body == "posted");
  }
  CHECK(counted == 10);
}
