#include "request_timer.hpp"

#include <unistd.h>

#include <catena/config/document.hpp>
#include <catena/testing.hpp>
#include <catena/testing/catch.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

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

/// What goes to standard error while it lives, where the log goes.
class Log {
 public:
  Log() : before_(::dup(STDERR_FILENO)), file_(std::tmpfile()) {
    ::dup2(::fileno(file_), STDERR_FILENO);
  }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    std::fclose(file_);
  }

  std::string text() {
    catena::log::flush();
    std::rewind(file_);
    std::string all;
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) {
      all.push_back(static_cast<char>(c));
    }
    return all;
  }

 private:
  int before_;
  std::FILE* file_;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// One that is in no chain yet.
std::unique_ptr<catena::Handler> made(std::string_view options) {
  catena::Registry registry;
  catena::config::Diagnostics diagnostics;
  catena::ChainBuilder builder(registry, diagnostics, false);
  const auto value = catena::config::parse(options, "options", {}, diagnostics);
  REQUIRE(value);
  return request_timer().make(*value, builder);
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

TEST_CASE("request_timer tells handlers behind it when the chain began", "[examples]") {
  TestChain chain;
  std::chrono::nanoseconds age{-1};
  chain.add(request_timer()).add([&age](Exchange& exchange, Next&) {
    const auto* began = exchange.values.find<RequestBegan>();
    if (began != nullptr) age = std::chrono::steady_clock::now() - began->at;
  });
  chain.get("/");
  CHECK(age >= 0ns);
}

TEST_CASE("request_timer logs the requests that took long", "[examples]") {
  Log log;
  {
    TestChain chain;
    chain.add(request_timer(), R"({"slow": "10ms"})").add(work);
    chain.get("/first");
    chain.get("/second");
    chain.exchange("no request\r\n\r\n");
  }
  const std::string text = log.text();
  CHECK(contains(text, "slow request 1: \"GET /first HTTP/1.1\" took "));
  CHECK(contains(text, "slow request 2: \"GET /second HTTP/1.1\" took "));
  CHECK_FALSE(contains(text, "slow request 3"));
}

TEST_CASE("request_timer logs nothing of fast requests, and nothing in a dry run", "[examples]") {
  Log log;
  TestChain fast;
  fast.add(request_timer(), R"({"slow": "1h"})").add(work);
  fast.get("/");
  TestChain tried;
  tried.add(request_timer(), R"({"slow": "0s"})").add(work).dry_run(true);
  tried.get("/");
  CHECK_FALSE(contains(log.text(), "slow request"));
}

TEST_CASE("request_timer goes on counting after a reload", "[examples]") {
  Log log;
  auto before = made(R"({"slow": "0s"})");
  auto after = made(R"({"slow": "0s"})");
  after->take_over(*before);
  TestChain first;
  first.add("request_timer", std::move(before)).add(work);
  TestChain second;
  second.add("request_timer", std::move(after)).add(work);
  first.get("/before");
  second.get("/after");
  CHECK(contains(log.text(), "slow request 2: \"GET /after HTTP/1.1\""));
}
