#include "catena/pipeline/pipeline.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/bare_exchange.hpp"
#include "support/catch.hpp"
#include "support/quiet_log.hpp"

using namespace catena;
using catena::testing::BareExchange;
using catena::testing::QuietLog;

namespace {

using Journal = std::vector<std::string>;
using Function = std::function<void(Exchange&, Next&)>;

class FunctionHandler : public Handler {
 public:
  explicit FunctionHandler(Function function) : function_(std::move(function)) {}
  void handle(Exchange& exchange, Next& next) const override { function_(exchange, next); }

 private:
  Function function_;
};

void add(Pipeline& pipeline, std::string name, Function function) {
  pipeline.add(std::move(name), std::make_unique<FunctionHandler>(std::move(function)));
}

/// Writes its life down.
class Diarist : public Handler {
 public:
  Diarist(std::string name, Journal& journal, bool starts = true)
      : name_(std::move(name)), journal_(journal), starts_(starts) {}
  void handle(Exchange& exchange, Next& next) const override {
    journal_.push_back(name_ + " before");
    next(exchange);
    journal_.push_back(name_ + " after");
  }
  void finished(const Exchange&, const Sent& sent) const noexcept override {
    journal_.push_back(name_ + " finished " + std::to_string(code(sent.status)));
  }
  void start() override {
    if (!starts_) throw std::runtime_error("no reason");
    journal_.push_back(name_ + " start");
  }
  void stop() noexcept override { journal_.push_back(name_ + " stop"); }

 private:
  std::string name_;
  Journal& journal_;
  bool starts_;
};

void add_diarists(Pipeline& pipeline, Journal& journal, const std::vector<std::string>& names,
                  const std::string& failing = {}) {
  for (const std::string& name : names) {
    pipeline.add(name, std::make_unique<Diarist>(name, journal, name != failing));
  }
}

}  // namespace

TEST_CASE("handlers run from the first to the last and back", "[pipeline]") {
  Journal journal;
  Pipeline pipeline;
  add_diarists(pipeline, journal, {"a", "b", "c"});
  BareExchange bare;
  pipeline.run(bare.exchange);
  CHECK(journal == Journal{"a before", "b before", "c before", "c after", "b after", "a after"});
  CHECK(bare.exchange.response.status() == Status::not_found);
  CHECK_FALSE(bare.exchange.response.answered());
}

TEST_CASE("a handler that does not call next ends the chain", "[pipeline]") {
  Journal journal;
  Pipeline pipeline;
  add_diarists(pipeline, journal, {"a"});
  add(pipeline, "answers",
      [](Exchange& exchange, Next&) { exchange.response.set_status(Status::ok); });
  add_diarists(pipeline, journal, {"never"});
  BareExchange bare;
  pipeline.run(bare.exchange);
  CHECK(journal == Journal{"a before", "a after"});
  CHECK(bare.exchange.response.status() == Status::ok);
}

TEST_CASE("a pipeline without handlers leaves the response as it is", "[pipeline]") {
  const Pipeline pipeline;
  BareExchange bare;
  pipeline.run(bare.exchange);
  pipeline.finished(bare.exchange, {});
  CHECK_FALSE(bare.exchange.response.answered());
}

TEST_CASE("an exception below next replaces the response, and code after next runs", "[pipeline]") {
  const QuietLog quiet;
  struct Case {
    std::string name;
    std::function<void()> fail;
    Status status;
  };
  const std::vector<Case> cases{
      {"std::exception", [] { throw std::runtime_error("why"); }, Status::internal_server_error},
      {"HttpError", [] { throw HttpError(Status::conflict, "why"); }, Status::conflict},
      {"anything", [] { throw 42; }, Status::internal_server_error},
  };
  for (const Case& test_case : cases) {
    CAPTURE(test_case.name);
    Journal journal;
    Pipeline pipeline;
    add_diarists(pipeline, journal, {"outer"});
    Status seen{};
    add(pipeline, "sees", [&seen](Exchange& exchange, Next& next) {
      next(exchange);
      seen = exchange.response.status();
    });
    add(pipeline, "fails", [&test_case](Exchange& exchange, Next&) {
      exchange.response.set_status(Status::ok);
      exchange.response.headers.set("X", "y");
      exchange.response.body.own("half done");
      test_case.fail();
    });
    BareExchange bare;
    pipeline.run(bare.exchange);
    const Response& response = bare.exchange.response;
    CHECK(seen == test_case.status);
    CHECK(response.status() == test_case.status);
    CHECK(response.answered());
    CHECK(response.body.empty());
    CHECK(response.headers.size() == 0);
    CHECK(bare.exchange.error != nullptr);
    CHECK(journal == Journal{"outer before", "outer after"});
  }
}

TEST_CASE("the cause of a failure is at hand after next", "[pipeline]") {
  const QuietLog quiet;
  Pipeline pipeline;
  std::string cause;
  add(pipeline, "asks", [&cause](Exchange& exchange, Next& next) {
    next(exchange);
    try {
      std::rethrow_exception(exchange.error);
    } catch (const std::exception& error) {
      cause = error.what();
    }
  });
  add(pipeline, "fails", [](Exchange&, Next&) { throw std::runtime_error("the cause"); });
  BareExchange bare;
  pipeline.run(bare.exchange);
  CHECK(cause == "the cause");
}

TEST_CASE("the outermost handler may throw, too", "[pipeline]") {
  const QuietLog quiet;
  Pipeline pipeline;
  add(pipeline, "fails", [](Exchange& exchange, Next& next) {
    next(exchange);
    throw std::runtime_error("after next");
  });
  add(pipeline, "answers",
      [](Exchange& exchange, Next&) { exchange.response.set_status(Status::ok); });
  BareExchange bare;
  pipeline.run(bare.exchange);
  CHECK(bare.exchange.response.status() == Status::internal_server_error);
}

TEST_CASE("calling next twice is answered 500, and runs nothing again", "[pipeline]") {
  const QuietLog quiet;
  Journal journal;
  Pipeline pipeline;
  add_diarists(pipeline, journal, {"outer"});
  add(pipeline, "twice", [](Exchange& exchange, Next& next) {
    next(exchange);
    next(exchange);
  });
  add_diarists(pipeline, journal, {"inner"});
  BareExchange bare;
  pipeline.run(bare.exchange);
  CHECK(bare.exchange.response.status() == Status::internal_server_error);
  CHECK(journal == Journal{"outer before", "inner before", "inner after", "outer after"});
}

TEST_CASE("the innermost handler calling next twice is answered 500", "[pipeline]") {
  const QuietLog quiet;
  Pipeline pipeline;
  add(pipeline, "twice", [](Exchange& exchange, Next& next) {
    next(exchange);
    next(exchange);
  });
  BareExchange bare;
  pipeline.run(bare.exchange);
  CHECK(bare.exchange.response.status() == Status::internal_server_error);
}

TEST_CASE("the name of the handler at work can be seen", "[pipeline]") {
  const QuietLog quiet;
  Journal running;
  const auto note = [&running](const Exchange& exchange) {
    running.emplace_back(exchange.running());
  };
  Pipeline pipeline;
  for (const std::string name : {"outer", "inner"}) {
    add(pipeline, name, [note](Exchange& exchange, Next& next) {
      note(exchange);
      next(exchange);
      note(exchange);
    });
  }
  add(pipeline, "fails", [note](Exchange& exchange, Next&) {
    note(exchange);
    throw std::runtime_error("on purpose");
  });
  BareExchange bare;
  CHECK(bare.exchange.running().empty());
  pipeline.run(bare.exchange);
  CHECK(bare.exchange.running().empty());
  CHECK(running == Journal{"outer", "inner", "fails", "inner", "outer"});
}

TEST_CASE("finished reaches every handler, outermost first", "[pipeline]") {
  Journal journal;
  Pipeline pipeline;
  add_diarists(pipeline, journal, {"a", "b", "c"});
  BareExchange bare;
  Sent sent;
  sent.status = Status::request_timeout;
  pipeline.finished(bare.exchange, sent);
  CHECK(journal == Journal{"a finished 408", "b finished 408", "c finished 408"});
}

TEST_CASE("finished is kept from handlers that do not listen", "[pipeline]") {
  Journal journal;
  Pipeline pipeline;
  pipeline.add("a", std::make_unique<Diarist>("a", journal), nullptr, false);
  pipeline.add("b", std::make_unique<Diarist>("b", journal));
  BareExchange bare;
  pipeline.finished(bare.exchange, {});
  CHECK(journal == Journal{"b finished 200"});
}

TEST_CASE("the duration is wanted when any handler that listens wants it", "[pipeline]") {
  class Counter : public Handler {
   public:
    void handle(Exchange&, Next&) const override {}
    bool wants_duration() const noexcept override { return false; }
  };
  Journal journal;
  Pipeline pipeline;
  CHECK_FALSE(pipeline.wants_duration());
  pipeline.add("deaf", std::make_unique<Diarist>("deaf", journal), nullptr, false);
  pipeline.add("counter", std::make_unique<Counter>());
  CHECK_FALSE(pipeline.wants_duration());
  pipeline.add("diarist", std::make_unique<Diarist>("diarist", journal));
  pipeline.add("counter", std::make_unique<Counter>());
  CHECK(pipeline.wants_duration());
}

TEST_CASE("handlers start in order and stop in the reverse", "[pipeline]") {
  Journal journal;
  {
    Pipeline pipeline;
    add_diarists(pipeline, journal, {"a", "b"});
    CHECK(journal.empty());
    pipeline.start();
    pipeline.stop();
    CHECK(journal == Journal{"a start", "b start", "b stop", "a stop"});
    pipeline.stop();
    CHECK(journal.size() == 4);
  }
  CHECK(journal.size() == 4);
}

TEST_CASE("a pipeline stops what is still started at its end", "[pipeline]") {
  Journal journal;
  {
    Pipeline pipeline;
    add_diarists(pipeline, journal, {"a", "b"});
    pipeline.start();
  }
  CHECK(journal == Journal{"a start", "b start", "b stop", "a stop"});
}

TEST_CASE("when a handler can't start, those before it are stopped", "[pipeline]") {
  Journal journal;
  {
    Pipeline pipeline;
    add_diarists(pipeline, journal, {"a", "b", "fails", "d"}, "fails");
    CHECK_THROWS_WITH(pipeline.start(), "fails can't start: no reason");
    CHECK(journal == Journal{"a start", "b start", "b stop", "a stop"});
  }
  CHECK(journal.size() == 4);
}

TEST_CASE("a path may be rewritten for the handlers below", "[pipeline]") {
  BareExchange bare;
  bare.request.target.path = "/asked";
  CHECK(bare.exchange.path() == "/asked");
  bare.exchange.rewrite("/served");
  CHECK(bare.exchange.path() == "/served");
  CHECK(bare.request.target.path == "/asked");
  CHECK_THROWS_AS(bare.exchange.rewrite("relative"), std::invalid_argument);
  CHECK_THROWS_AS(bare.exchange.rewrite(""), std::invalid_argument);
  CHECK(bare.exchange.path() == "/served");
  bare.exchange.rewrite(bare.exchange.path());
  CHECK(bare.exchange.path() == "/served");
  bare.exchange.reset();
  CHECK(bare.exchange.path() == "/asked");
}

namespace {

/// Keeps which one it took over from.
class Heir : public Handler {
 public:
  explicit Heir(std::string name) : name_(std::move(name)) {}
  void handle(Exchange&, Next&) const override {}
  void take_over(const Handler& predecessor) override {
    from = dynamic_cast<const Heir&>(predecessor).name_;
    if (name_ == "fails") throw std::runtime_error("no reason");
  }
  std::string from;

 private:
  std::string name_;
};

/// Adds handlers called by the first letter of their names.
std::vector<Heir*> add_heirs(Pipeline& pipeline, const std::vector<std::string>& names) {
  std::vector<Heir*> heirs;
  for (const std::string& name : names) {
    auto heir = std::make_unique<Heir>(name);
    heirs.push_back(heir.get());
    pipeline.add(name.substr(0, 1), std::move(heir));
  }
  return heirs;
}

}  // namespace

TEST_CASE("handlers take over from those of their name, in order", "[pipeline]") {
  Pipeline before;
  Pipeline after;
  add_heirs(before, {"a1", "b1", "a2", "c1"});
  const auto heirs = add_heirs(after, {"b3", "a3", "d3", "a4", "a5"});
  after.take_over(before);
  std::vector<std::string> from;
  for (const Heir* heir : heirs) from.push_back(heir->from);
  CHECK(from == std::vector<std::string>{"b1", "a1", "", "a2", ""});
}

TEST_CASE("a handler that can't take over is named", "[pipeline]") {
  Pipeline before;
  Pipeline after;
  add_heirs(before, {"f"});
  add_heirs(after, {"fails"});
  CHECK_THROWS_WITH(after.take_over(before), "f can't take over: no reason");
}
