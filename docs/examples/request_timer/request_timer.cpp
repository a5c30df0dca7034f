// Tells each client how long its request took in the chain, and the log which ones took long.
//
// What it teaches: wrapping around the handlers behind. What stands before next(exchange) happens
// on the way in; what stands after it happens on the way out, with the response in hand. The code
// after it always runs: what is thrown behind has become a response by then. What belongs to one
// request stands on the stack, or in exchange.values, where others find it, or this handler's own
// `finished` does; never in the handler, which many threads use at once. What a handler counts
// survives a reload when the next one takes it over.

#include "request_timer.hpp"

#include <atomic>
#include <catena/http/text.hpp>
#include <catena/plugin.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

using namespace catena;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Options {
  std::string metric = "chain";
  std::optional<milliseconds> slow;
};

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields.add("metric", &Options::metric, "What Server-Timing calls the time.")
      .check([](const std::string& text) { return is_token(text); }, "a word");
  fields.add("slow", &Options::slow,
             "From when on a request is logged, by its time in the chain; null for none.");
  return fields;
}

std::string in_milliseconds(Clock::duration time) {
  return std::to_string(std::chrono::duration<double, std::milli>(time).count());
}

class RequestTimer : public Handler {
 public:
  explicit RequestTimer(Options options) : options_(std::move(options)) {}

  void handle(Exchange& exchange, Next& next) const override {
    const RequestBegan began = exchange.values.set(RequestBegan{Clock::now()});
    next(exchange);
    const Clock::duration took = Clock::now() - began.at;
    exchange.values.set(Took{took}, this);
    exchange.response.headers.add("Server-Timing",
                                  options_.metric + ";dur=" + in_milliseconds(took));
  }

  /// Called once the response is out. There is no time to tell of a request that the parser
  /// refused: no handler has seen it.
  void finished(const Exchange& exchange, const Sent& sent) const noexcept override {
    const Took* took = exchange.values.find<Took>(this);
    if (took == nullptr || exchange.dry_run || !options_.slow || took->time < *options_.slow)
      return;
    const std::uint64_t number = ++*slow_requests_;
    try {
      log::warn("slow request " + std::to_string(number) + ": " +
                log::quoted(exchange.request.line) + " took " + in_milliseconds(took->time) +
                " ms in the chain, " + in_milliseconds(sent.duration) + " ms in all");
    } catch (const std::exception&) {
      // Without memory there is no line.
    }
  }

  /// The handler before this one goes on counting for its last requests, so both share the number.
  void take_over(const Handler& predecessor) override {
    slow_requests_ = dynamic_cast<const RequestTimer&>(predecessor).slow_requests_;
  }

 private:
  /// How long the chain took with a request, for `finished`.
  struct Took {
    Clock::duration time;
  };

  Options options_;
  std::shared_ptr<std::atomic<std::uint64_t>> slow_requests_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
};

}  // namespace

Plugin request_timer() {
  return describe("request_timer", "Tells how long requests take.", fields(), [](Options options) {
    return std::make_unique<RequestTimer>(std::move(options));
  });
}

CATENA_MODULE(registry) { registry.add(request_timer()); }
