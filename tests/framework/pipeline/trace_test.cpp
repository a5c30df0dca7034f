#include "catena/pipeline/trace.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "catena/pipeline/pipeline.hpp"
#include "support/bare_exchange.hpp"
#include "support/catch.hpp"
#include "support/quiet_log.hpp"

using namespace catena;
using namespace catena::testing;

namespace {

class FunctionHandler : public Handler {
 public:
  using Function = std::function<void(Exchange&, Next&)>;
  explicit FunctionHandler(Function function) : function_(std::move(function)) {}
  void handle(Exchange& exchange, Next& next) const override { function_(exchange, next); }

 private:
  Function function_;
};

void add(Pipeline& pipeline, std::string name, FunctionHandler::Function function) {
  pipeline.add(std::move(name), std::make_unique<FunctionHandler>(std::move(function)));
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a trace tells what each handler changed, before and after the others", "[pipeline]") {
  Pipeline pipeline;
  add(pipeline, "outer", [](Exchange& exchange, Next& next) {
    exchange.response.headers.set("X-Early", "1");
    next(exchange);
    exchange.response.headers.remove("X-Early");
    exchange.response.headers.set("X-Late", "2");
  });
  add(pipeline, "plain", [](Exchange& exchange, Next& next) { next(exchange); });
  add(pipeline, "inner", [](Exchange& exchange, Next&) {
    exchange.note("it is ", "Tuesday");
    exchange.rewrite("/other");
    exchange.response.set_status(Status::ok);
    exchange.response.body.append("x");
  });
  BareExchange bare;
  Trace trace;
  bare.exchange.trace = &trace;
  pipeline.run(bare.exchange);

  REQUIRE(trace.steps().size() == 3);
  const Trace::Step& outer = trace.steps()[0];
  CHECK(outer.handler == "outer");
  CHECK(outer.depth == 0);
  CHECK(outer.passed_on);
  CHECK_FALSE(outer.answered);
  CHECK(outer.before == Lines{"+ X-Early: 1"});
  CHECK(outer.after == Lines{"- X-Early: 1", "+ X-Late: 2"});
  CHECK(trace.steps()[1].before.empty());
  CHECK(trace.steps()[1].after.empty());
  const Trace::Step& inner = trace.steps()[2];
  CHECK_FALSE(inner.passed_on);
  CHECK(inner.answered);
  CHECK(inner.notes == Lines{"it is Tuesday"});
  CHECK(inner.before == Lines{"path /other", "status 200", "body 1 byte"});
  CHECK(inner.depth == 0);
}

TEST_CASE("a trace shows a chain within a handler one deeper", "[pipeline]") {
  Pipeline inside;
  add(inside, "leaf",
      [](Exchange& exchange, Next&) { exchange.response.set_status(Status::no_content); });
  Pipeline pipeline;
  add(pipeline, "branch", [&](Exchange& exchange, Next&) { inside.run(exchange); });
  BareExchange bare;
  Trace trace;
  bare.exchange.trace = &trace;
  pipeline.run(bare.exchange);
  REQUIRE(trace.steps().size() == 2);
  CHECK(trace.steps()[0].entered_chain);
  CHECK_FALSE(trace.steps()[0].passed_on);
  CHECK_FALSE(trace.steps()[0].answered);
  CHECK(trace.steps()[1].handler == "leaf");
  CHECK(trace.steps()[1].depth == 1);
}

TEST_CASE("a trace shows what was thrown, and which handler answered for it", "[pipeline]") {
  const QuietLog quiet;
  Pipeline pipeline;
  add(pipeline, "outer", [](Exchange& exchange, Next& next) { next(exchange); });
  add(pipeline, "broken", [](Exchange&, Next&) { throw std::runtime_error("no disk"); });
  BareExchange bare;
  Trace trace;
  bare.exchange.trace = &trace;
  pipeline.run(bare.exchange);
  REQUIRE(trace.steps().size() == 2);
  CHECK(trace.steps()[1].notes == Lines{"it threw: no disk"});
  CHECK(trace.steps()[1].before == Lines{"status 500"});
}

TEST_CASE("a handler's own time is without those behind it", "[pipeline]") {
  const auto busy_for = [](std::chrono::milliseconds time) {
    const auto until = Trace::Clock::now() + time;
    while (Trace::Clock::now() < until) {
    }
  };
  Pipeline pipeline;
  add(pipeline, "outer", [](Exchange& exchange, Next& next) { next(exchange); });
  add(pipeline, "slow", [&](Exchange&, Next&) { busy_for(std::chrono::milliseconds(20)); });
  BareExchange bare;
  Trace trace;
  bare.exchange.trace = &trace;
  pipeline.run(bare.exchange);
  CHECK(trace.steps()[1].own_time >= std::chrono::milliseconds(20));
  CHECK(trace.steps()[0].own_time < trace.steps()[1].own_time);
}

TEST_CASE("without a trace, notes are not even put together", "[pipeline]") {
  struct Piece {
    operator std::string_view() const { throw std::logic_error("asked for"); }
  };
  BareExchange bare;
  CHECK_NOTHROW(bare.exchange.note(Piece{}));
  Trace trace;
  bare.exchange.trace = &trace;
  CHECK_THROWS_AS(bare.exchange.note(Piece{}), std::logic_error);
}

TEST_CASE("a trace tells of a connection that is taken over", "[pipeline]") {
  Pipeline pipeline;
  add(pipeline, "outer", [](Exchange& exchange, Next& next) { next(exchange); });
  add(pipeline, "talker", [](Exchange& exchange, Next&) {
    exchange.response.set_status(Status::switching_protocols);
    exchange.response.upgrade([](Upgraded&) {});
  });
  BareExchange bare;
  Trace trace;
  bare.exchange.trace = &trace;
  pipeline.run(bare.exchange);
  CHECK(trace.steps()[1].before == Lines{"status 101", "takes the connection over"});
  CHECK(trace.steps()[1].verdict() == "answered");
  CHECK(trace.steps()[0].verdict() == "passed on");
  CHECK(bare.exchange.deferred_to() == "talker");
}

TEST_CASE("a handler may have the walk behind it written down", "[pipeline]") {
  Pipeline pipeline;
  Trace trace;
  add(pipeline, "outer", [](Exchange& exchange, Next& next) { next(exchange); });
  add(pipeline, "asks", [&trace](Exchange& exchange, Next& next) {
    trace.enter_chain();
    exchange.trace = &trace;
    next(exchange);
    exchange.trace = nullptr;
  });
  add(pipeline, "answers",
      [](Exchange& exchange, Next&) { exchange.response.set_status(Status::ok); });
  BareExchange bare;
  pipeline.run(bare.exchange);
  REQUIRE(trace.steps().size() == 1);
  CHECK(trace.steps()[0].handler == "answers");
  CHECK(trace.steps()[0].depth == 0);
  CHECK(trace.steps()[0].answered);
}

TEST_CASE("a trace tells of a second call of next, by whom it was", "[pipeline]") {
  const QuietLog quiet;
  Pipeline pipeline;
  add(pipeline, "twice", [](Exchange& exchange, Next& next) {
    next(exchange);
    next(exchange);
  });
  add(pipeline, "inner", [](Exchange&, Next&) {});
  BareExchange bare;
  Trace trace;
  bare.exchange.trace = &trace;
  pipeline.run(bare.exchange);
  REQUIRE(trace.steps().size() == 2);
  CHECK(trace.steps()[0].notes == Lines{"it called next a second time"});
  CHECK(trace.steps()[1].notes.empty());
}
