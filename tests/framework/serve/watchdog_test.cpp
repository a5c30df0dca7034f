#include "catena/serve/watchdog.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "catena/pipeline/pipeline.hpp"
#include "support/bare_exchange.hpp"
#include "support/captured_output.hpp"
#include "support/catch.hpp"

using namespace catena;
using namespace std::chrono_literals;
using catena::testing::BareExchange;

namespace {

/// A connection of a table, and a chain whose only handler does what the test says.
class Workplace {
 public:
  Workplace() {
    REQUIRE(table.reserve());
    handle_ = table.enter(UniqueFd(::dup(STDIN_FILENO)), {"192.0.2.1", 50'000});
  }

  /// Runs an exchange with that handler.
  void serve(std::string_view line, std::function<void()> work) {
    BareExchange bare(line);
    Pipeline pipeline;
    pipeline.add("slow_handler", std::make_unique<Working>(std::move(work)));
    handle_->activity.begin_exchange(bare.exchange);
    pipeline.run(bare.exchange);
    after_chain();
    handle_->activity.end_exchange();
  }
  /// A look, that much later than the one before.
  void look(std::chrono::milliseconds later) { watchdog.look(table, now_ += later); }
  Activity& activity() { return handle_->activity; }

  ConnectionTable table{100, 100, [] {}};
  Watchdog watchdog{30s};
  std::function<void()> after_chain = [] {};

 private:
  class Working : public Handler {
   public:
    explicit Working(std::function<void()> work) : work_(std::move(work)) {}
    void handle(Exchange&, Next&) const override { work_(); }

   private:
    std::function<void()> work_;
  };

  ConnectionTable::Handle handle_ = nullptr;
  Watchdog::Clock::time_point now_{};
};

std::string logged(const std::function<void()>& work) {
  const CapturedOutput log(STDERR_FILENO);
  work();
  std::string lines;
  const std::string text = log.text();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines += text.substr(at + std::string_view("2026-11-25T17:00:00.000Z ").size(),
                         end - at - std::string_view("2026-11-25T17:00:00.000Z ").size()) +
             "\n";
    at = end + 1;
  }
  return lines;
}

}  // namespace

TEST_CASE("a handler that does not return is named with its request, once", "[watchdog]") {
  Workplace place;
  const auto take_long = [&] {
    place.look(1s);
    place.look(29s);
    CHECK(logged([&] { place.look(900ms); }) == "");
    CHECK(logged([&] { place.look(100ms); }) ==
          "warn  slow_handler has not returned for 30 s on \"GET /x HTTP/1.1\" from 192.0.2.1\n");
    CHECK(logged([&] { place.look(1h); }) == "");
  };
  place.serve("GET /x HTTP/1.1", take_long);
  CHECK(logged([&] { place.look(1h); }) == "");
  SECTION("and so is the next") { place.serve("GET /x HTTP/1.1", take_long); }
}

TEST_CASE("what went by before a handler was first seen at work does not count", "[watchdog]") {
  Workplace place;
  place.look(1h);
  CHECK(logged([&] { place.serve("GET / HTTP/1.1", [&] { place.look(1h); }); }) == "");
}

TEST_CASE("waiting for the request's body does not count", "[watchdog]") {
  Workplace place;
  CHECK(logged([&] {
          place.serve("POST / HTTP/1.1", [&] {
            place.look(1s);
            place.activity().begin_wait();
            place.look(1h);
            place.activity().end_wait();
            place.look(29s);
          });
        }) == "");
}

TEST_CASE("sending does not count, however long it takes", "[watchdog]") {
  Workplace place;
  place.after_chain = [&] {
    place.look(1s);
    place.look(1h);
  };
  CHECK(logged([&] { place.serve("GET / HTTP/1.1", [&] { place.look(1s); }); }) == "");
}

TEST_CASE("the watchdog looks ten times within its limit, once a second at least", "[watchdog]") {
  CHECK(Watchdog(30s).interval() == 1s);
  CHECK(Watchdog(2s).interval() == 200ms);
  CHECK(Watchdog(1ms).interval() == 5ms);
  CHECK(Watchdog(0ms).interval() == 0ms);
}
