#include "catena/serve/door.hpp"

#include <atomic>
#include <exception>
#include <new>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using catena::Door;

TEST_CASE("a door is for one at a time, who looks once more for others", "[door]") {
  Door door;
  CHECK_FALSE(door.enter());
  door.open(7, [] {});
  REQUIRE(door.enter());
  CHECK(door.socket() == 7);
  CHECK(door.leave());
  REQUIRE(door.enter());
  CHECK_FALSE(door.enter());
  CHECK_FALSE(door.enter());
  CHECK_FALSE(door.leave());
  CHECK(door.leave());
  CHECK(door.enter());
}

TEST_CASE("a door that is shut lets nobody in until it is opened", "[door]") {
  Door door;
  door.open(7, [] {});
  door.shut();
  CHECK_FALSE(door.enter());
  door.shut();
  door.open(8, [] {});
  CHECK(door.enter());
  CHECK(door.socket() == 8);
}

TEST_CASE("where accepting has paused, only who resumes enters", "[door]") {
  Door door;
  CHECK_FALSE(door.resume());
  door.open(7, [] {});
  CHECK_FALSE(door.resume());
  REQUIRE(door.enter());
  CHECK_FALSE(door.enter());
  CHECK(door.pause());
  CHECK_FALSE(door.enter());
  REQUIRE(door.resume());
  CHECK_FALSE(door.resume());
  CHECK(door.leave());
  REQUIRE(door.enter());
  CHECK(door.pause());
  door.shut();
  CHECK_FALSE(door.resume());
  CHECK_FALSE(door.enter());
}

TEST_CASE("who gives up tells it, and leaves the door shut", "[door]") {
  Door door;
  int told = 0;
  door.open(7, [&told] { ++told; });
  REQUIRE(door.enter());
  CHECK_FALSE(door.enter());
  door.give_up();
  CHECK(told == 1);
  CHECK_FALSE(door.enter());
}

TEST_CASE("where giving up can't be told, the next who knocks tries again", "[door]") {
  Door door;
  door.open(7, [] { throw std::bad_alloc(); });
  REQUIRE(door.enter());
  CHECK_FALSE(door.enter());
  door.give_up();
  CHECK(door.enter());
}

TEST_CASE("shutting a door waits for who is inside, and nobody who knocks is forgotten", "[door]") {
  constexpr int each = 20'000;
  Door door;
  std::atomic<int> arrived{0};
  std::atomic<int> inside{0};
  int seen = 0;  // by whoever is inside alone
  bool shut = false;
  door.open(7, [] {});
  const auto knock = [&] {
    for (int time = 0; time < each; ++time) {
      ++arrived;
      if (!door.enter()) continue;
      do {
        if (++inside != 1 || shut) std::terminate();
        seen = arrived;
        --inside;
      } while (!door.leave());
    }
  };
  std::vector<std::thread> threads;
  for (int number = 0; number < 3; ++number) threads.emplace_back(knock);
  SECTION("it is shut in the end") {
    for (std::thread& thread : threads) thread.join();
    door.shut();
    CHECK(seen == 3 * each);
  }
  SECTION("it is shut meanwhile") {
    door.shut();
    shut = true;
    for (std::thread& thread : threads) thread.join();
  }
}
