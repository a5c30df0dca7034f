#include "catena/runtime/scheduling.hpp"

#include <sched.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <latch>
#include <limits>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using namespace catena;
using namespace std::chrono_literals;

namespace {

constexpr int nobody = std::numeric_limits<int>::max();

}  // namespace

TEST_CASE("a thread runs on the processors that it is kept to", "[scheduling]") {
  const std::vector<int> usable = scheduling::usable_processors();
  REQUIRE_FALSE(usable.empty());
  for (const int processor : usable) {
    std::vector<int> kept;
    int found = -1;
    std::vector<int> let_go;
    std::thread([&] {
      scheduling::run_on(std::array{processor});
      kept = scheduling::usable_processors();
      found = ::sched_getcpu();
      scheduling::run_on(usable);
      let_go = scheduling::usable_processors();
    }).join();
    CHECK(kept == std::vector{processor});
    CHECK(found == processor);
    CHECK(let_go == usable);
  }
  CHECK(scheduling::usable_processors() == usable);
}

TEST_CASE("a thread works in batches until that is ended", "[scheduling]") {
  std::array<int, 3> policies{};
  std::thread([&] {
    policies[0] = ::sched_getscheduler(0);
    scheduling::work_in_batches();
    policies[1] = ::sched_getscheduler(0);
    scheduling::work_as_usual();
    policies[2] = ::sched_getscheduler(0);
  }).join();
  CHECK(policies == std::array{SCHED_OTHER, SCHED_BATCH, SCHED_OTHER});
}

TEST_CASE("a thread's waits for a processor are counted", "[scheduling]") {
  const auto before = scheduling::waits_for_processor(::gettid());
  REQUIRE(before);
  for (int times = 0; times < 10; ++times) std::this_thread::sleep_for(1ms);
  const auto after = scheduling::waits_for_processor(::gettid());
  REQUIRE(after);
  CHECK(after->count >= before->count + 10);
  CHECK(after->time >= before->time);
  CHECK_FALSE(scheduling::waits_for_processor(nobody));
}

TEST_CASE("the time that the process has had processors is counted", "[scheduling]") {
  const auto before = scheduling::time_used();
  CHECK(before > 0ns);
  const auto begin = std::chrono::steady_clock::now();
  while (scheduling::time_used() < before + 1ms) {
    REQUIRE(std::chrono::steady_clock::now() < begin + 1min);
  }
}

TEST_CASE("a thread that waits sleeps, and one that computes does not", "[scheduling]") {
  CHECK_FALSE(scheduling::sleeps(::gettid()));
  CHECK(scheduling::sleeps(nobody));
  std::atomic<int> id{0};
  std::latch over{1};
  std::thread waiting([&] {
    id = ::gettid();
    over.wait();
  });
  while (id == 0 || !scheduling::sleeps(id)) std::this_thread::yield();
  over.count_down();
  waiting.join();
}

TEST_CASE("the idle time of processors is told, and does not go back", "[scheduling]") {
  const auto before = scheduling::idle_time();
  REQUIRE(before);
  CHECK(before->count() > 0);
  std::this_thread::sleep_for(20ms);
  const auto after = scheduling::idle_time();
  REQUIRE(after);
  CHECK(*after >= *before);
}
