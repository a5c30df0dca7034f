#include "catena/serve/ready_queue.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using catena::ReadyQueue;

TEST_CASE("a ready queue gives back what was put in, in that order", "[ready_queue]") {
  ReadyQueue<int, 4> queue;
  std::array<int, 5> items{};
  CHECK(queue.empty());
  CHECK(queue.pop() == nullptr);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t at = 0; at < 4; ++at) CHECK(queue.push(&items[at]));
    CHECK_FALSE(queue.push(&items[4]));
    CHECK_FALSE(queue.empty());
    for (std::size_t at = 0; at < 4; ++at) CHECK(queue.pop() == &items[at]);
    CHECK(queue.pop() == nullptr);
    CHECK(queue.empty());
  }
}

TEST_CASE("a ready queue loses nothing and gives nothing twice between threads", "[ready_queue]") {
  constexpr std::size_t count = 20'000;
  ReadyQueue<std::atomic<int>, 64> queue;
  std::vector<std::atomic<int>> taken(2 * count);
  std::atomic<std::size_t> all{0};
  std::vector<std::thread> threads;
  for (std::size_t half = 0; half < 2; ++half) {
    threads.emplace_back([&, half] {
      for (std::size_t at = 0; at < count; ++at) {
        while (!queue.push(&taken[half * count + at])) std::this_thread::yield();
      }
    });
    threads.emplace_back([&] {
      while (all < 2 * count) {
        std::atomic<int>* const item = queue.pop();
        if (item == nullptr) {
          std::this_thread::yield();
          continue;
        }
        ++*item;
        ++all;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::size_t once = 0;
  for (const std::atomic<int>& item : taken) once += item == 1 ? 1 : 0;
  CHECK(once == 2 * count);
}
