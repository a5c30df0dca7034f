#include "catena/serve/connection_threads.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <latch>
#include <memory>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/process.hpp"

using catena::ConnectionThreads;
using catena::testing::eventually;

TEST_CASE("as many threads as there are jobs at once", "[connection_threads]") {
  constexpr int jobs = 50;
  std::barrier all(jobs);
  std::atomic<int> passed{0};
  {
    ConnectionThreads threads;
    for (int job = 0; job < jobs; ++job) {
      threads.run([&] {
        all.arrive_and_wait();  // none passes before every job has a thread
        ++passed;
      });
    }
  }
  CHECK(passed == jobs);
}

TEST_CASE("a thread with nothing to do gets the next job", "[connection_threads]") {
  ConnectionThreads threads;
  std::set<std::thread::id> seen;
  eventually([&] {
    std::thread::id id;
    std::latch done(1);
    threads.run([&] {
      id = std::this_thread::get_id();
      done.count_down();
    });
    done.wait();
    return !seen.insert(id).second;
  });
}

TEST_CASE("jobs from many threads all run", "[connection_threads]") {
  std::atomic<int> ran{0};
  {
    ConnectionThreads threads;
    std::vector<std::thread> givers;
    for (int giver = 0; giver < 4; ++giver) {
      givers.emplace_back([&] {
        for (int job = 0; job < 200; ++job) threads.run([&] { ++ran; });
      });
    }
    for (std::thread& giver : givers) giver.join();
  }
  CHECK(ran == 800);
}

TEST_CASE("the end waits for jobs at work", "[connection_threads]") {
  std::latch begun(1);
  std::latch released(1);
  std::atomic<bool> done{false};
  auto threads = std::make_unique<ConnectionThreads>();
  threads->run([&] {
    begun.count_down();
    released.wait();
    done = true;
  });
  begun.wait();
  std::thread releaser([&] { released.count_down(); });
  threads.reset();
  CHECK(done);
  releaser.join();
}

TEST_CASE("a job that gets no thread is not run, later ones are", "[connection_threads]") {
  std::atomic<bool> ran{false};
  ConnectionThreads threads;

  // No machine has room for a stack of this size.
  pthread_attr_t attributes;
  REQUIRE(::pthread_getattr_default_np(&attributes) == 0);
  std::size_t usual = 0;
  ::pthread_attr_getstacksize(&attributes, &usual);
  REQUIRE(::pthread_attr_setstacksize(&attributes, std::size_t{1} << 48) == 0);
  REQUIRE(::pthread_setattr_default_np(&attributes) == 0);
  CHECK_THROWS_AS(threads.run([&] { ran = true; }), std::system_error);
  ::pthread_attr_setstacksize(&attributes, usual);
  REQUIRE(::pthread_setattr_default_np(&attributes) == 0);
  ::pthread_attr_destroy(&attributes);

  std::latch done(1);
  threads.run([&] { done.count_down(); });
  done.wait();
  CHECK_FALSE(ran);
}
