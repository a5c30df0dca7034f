#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include "catena/testing/test_chain.hpp"
#include "support/captured_output.hpp"
#include "support/catch.hpp"
#include "support/quiet_log.hpp"

namespace catena::plugins {
Plugin request_timer();
}

using namespace catena::testing;
using namespace std::chrono_literals;
using catena::Exchange;
using catena::Next;

namespace {

void work(Exchange& exchange, Next&) {
  if (exchange.path() == "/slow") std::this_thread::sleep_for(30ms);
  if (exchange.path() == "/throws") throw std::runtime_error("on purpose");
  exchange.response.set_status(catena::Status::ok);
  exchange.response.body.borrow("done\n");
}

}  // namespace

TEST_CASE("request_timer tells the client what the chain took", "[examples]") {
  TestChain chain;
  chain.add(catena::plugins::request_timer(), R"({"metric": "mine"})").add(work);
  const auto response = chain.get("/slow");
  CHECK(response.status == 200);
  CHECK(response.body == "done\n");
  const std::string timing = response.header("Server-Timing");
  REQUIRE(timing.rfind("mine;dur=", 0) == 0);
  CHECK(std::atof(timing.c_str() + 9) >= 30.0);
}

TEST_CASE("request_timer tells of a request whose handler threw, too", "[examples]") {
  const QuietLog quiet;
  TestChain chain;
  chain.add(catena::plugins::request_timer()).add(work);
  const auto response = chain.get("/throws");
  CHECK(response.status == 500);
  CHECK(response.has("Server-Timing"));
}

TEST_CASE("request_timer logs what is slow, and nothing else", "[examples]") {
  TestChain chain;
  chain.add(catena::plugins::request_timer(), R"({"slow": "10ms"})").add(work);
  const CapturedOutput log(STDERR_FILENO);
  chain.get("/slow");
  chain.exchange("refused by the parser\r\n\r\n");
  const std::string text = log.text();
  CHECK(text.find(" ms and 5 bytes for \"GET /slow HTTP/1.1\"\n") == text.find(" ms "));
  CHECK(text.find("refused") == std::string::npos);
  CHECK(text.find("slow: ") == text.rfind("slow: "));
}

TEST_CASE("request_timer refuses a metric that would break the field", "[examples]") {
  TestChain chain;
  CHECK_THROWS_AS(chain.add(catena::plugins::request_timer(), R"({"metric": "a, b"})"),
                  std::invalid_argument);
}
