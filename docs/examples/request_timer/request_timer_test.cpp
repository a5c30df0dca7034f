#include <catena/testing.hpp>
#include <catena/testing/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

catena::Plugin request_timer();

using namespace catena::testing;
using namespace std::chrono_literals;
using catena::Exchange;
using catena::Next;

namespace {

void work(Exchange& exchange, Next&) {
  if (exchange.path() == "/throws") throw std::runtime_error("on purpose");
  std::this_thread::sleep_for(20ms);
  exchange.response.set_status(catena::Status::ok);
  exchange.response.body.borrow("done\n");
}

}  // namespace

TEST_CASE("request_timer tells the client what the chain took", "[examples]") {
  TestChain chain;
  chain.add(request_timer(), R"({"metric": "mine"})").add(work);
  const auto response = chain.get("/");
  CHECK(response.status == 200);
  CHECK(response.body == "done\n");
  const std::string timing = response.header("Server-Timing");
  REQUIRE(timing.rfind("mine;dur=", 0) == 0);
  CHECK(std::atof(timing.c_str() + 9) >= 20.0);
}

TEST_CASE("request_timer tells of a request whose handler threw, too", "[examples]") {
  catena::log::set_level(catena::log::Level::off);
  TestChain chain;
  chain.add(request_timer()).add(work);
  const auto response = chain.get("/throws");
  CHECK(response.status == 500);
  CHECK(response.header("Server-Timing").rfind("chain;dur=", 0) == 0);
  catena::log::set_level(catena::log::Level::info);
}

TEST_CASE("request_timer adds its time to another's", "[examples]") {
  TestChain chain;
  chain.add(request_timer(), R"({"metric": "outer"})");
  chain.add(request_timer(), R"({"metric": "inner"})").add(work);
  const auto response = chain.get("/");
  int times = 0;
  for (const auto& [name, value] : response.headers) times += name == "Server-Timing" ? 1 : 0;
  CHECK(times == 2);
}

TEST_CASE("request_timer refuses a metric that would break the field", "[examples]") {
  TestChain chain;
  CHECK_THROWS_AS(chain.add(request_timer(), R"({"metric": "a, b"})"), std::invalid_argument);
}
