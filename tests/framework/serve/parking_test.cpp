#include "catena/serve/parking.hpp"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using catena::Deadline;
using catena::Parking;
using namespace std::chrono_literals;

TEST_CASE("a connection that waits has one owner once something happens", "[parking]") {
  Parking parking;
  CHECK_FALSE(parking.notify(false));
  parking.open(Deadline(5s));
  CHECK(parking.is_parked());
  CHECK(parking.deadline() == Deadline(5s));
  CHECK(parking.notify(false));
  CHECK_FALSE(parking.is_parked());
  CHECK_FALSE(parking.claim());
  CHECK(parking.take_new());
  CHECK_FALSE(parking.take_new());
}

TEST_CASE("what happens while a connection is served is not missed", "[parking]") {
  Parking parking;
  parking.open(Deadline(5s));
  REQUIRE(parking.claim());
  CHECK_FALSE(parking.notify(false));
  CHECK_FALSE(parking.notify(false));
  CHECK_FALSE(parking.has_ended());
  CHECK_FALSE(parking.park(Deadline(6s)));
  CHECK(parking.park(Deadline(7s)));
  CHECK(parking.deadline() == Deadline(7s));
  REQUIRE(parking.claim());
  CHECK_FALSE(parking.notify(true));
  CHECK(parking.has_ended());
  CHECK_FALSE(parking.park(Deadline(8s)));
}

TEST_CASE("a closed connection is nobody's, until it is another one", "[parking]") {
  Parking parking;
  parking.open(Deadline(5s));
  REQUIRE(parking.notify(true));
  parking.close();
  CHECK_FALSE(parking.notify(true));
  CHECK_FALSE(parking.claim());
  CHECK_FALSE(parking.is_parked());
  parking.open(Deadline(5s));
  CHECK_FALSE(parking.has_ended());
  CHECK(parking.claim());
}

TEST_CASE("a connection never has two owners, and none is forgotten", "[parking]") {
  constexpr int each = 20'000;
  Parking parking;
  parking.open(Deadline(5s));
  std::atomic<int> owners{0};
  std::atomic<int> notified{0};
  int seen = 0;  // by owners alone
  const auto notify = [&] {
    for (int time = 0; time < each; ++time) {
      ++notified;
      if (!parking.notify(false)) continue;
      do {
        if (++owners != 1) std::terminate();
        seen = notified;
        --owners;
      } while (!parking.park(Deadline(5s)));
    }
  };
  std::vector<std::thread> threads;
  for (int number = 0; number < 3; ++number) threads.emplace_back(notify);
  for (std::thread& thread : threads) thread.join();
  REQUIRE(parking.claim());
  CHECK(seen == 3 * each);
}
