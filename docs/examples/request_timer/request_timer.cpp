// Tells each client how long its request took, and the log when that was too long.
//
// What it teaches: wrapping around the handlers behind. What stands before next(exchange) happens
// on the way in, what stands after it on the way out, with the response in hand. The code after it
// always runs: an exception behind has become a response by then. What takes time after the chain,
// the sending, is told to `finished`, and a value of this handler's own carries its start there.

#include <chrono>
#include <memory>
#include <string>

#include "catena/plugin/plugin.hpp"
#include "catena/runtime/log.hpp"

namespace catena::plugins {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Options {
  std::string metric = "chain";
  milliseconds slow{1000};
};

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields.add("metric", &Options::metric, "What Server-Timing calls the time of the chain.")
      .check([](const std::string& text) { return text.find_first_of(" ;,\r\n") == text.npos; },
             "a name without spaces, commas and semicolons");
  fields.add("slow", &Options::slow, "A request that takes longer, sent and all, is logged.");
  return fields;
}

/// What this handler leaves for its own `finished`.
struct Began {
  Clock::time_point at;
};

class RequestTimer : public Handler {
 public:
  explicit RequestTimer(Options options) : options_(std::move(options)) {}

  void handle(Exchange& exchange, Next& next) const override {
    const Began& began = exchange.values.set(Began{Clock::now()}, this);
    next(exchange);
    const std::chrono::duration<double, std::milli> took = Clock::now() - began.at;
    exchange.response.headers.add("Server-Timing",
                                  options_.metric + ";dur=" + std::to_string(took.count()));
  }

  void finished(const Exchange& exchange, const Sent& sent) const noexcept override {
    // A request that the parser refused was never handled, so nothing was left.
    const Began* began = exchange.values.find<Began>(this);
    if (began == nullptr || exchange.dry_run) return;
    const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - began->at);
    if (took <= options_.slow) return;
    try {
      log::warn("slow: " + std::to_string(took.count()) + " ms and " +
                std::to_string(sent.body_bytes) + " bytes for " +
                log::quoted(exchange.request.line));
    } catch (...) {
      // `finished` throws nothing; without memory for the line there is none.
    }
  }

 private:
  Options options_;
};

}  // namespace

Plugin request_timer() {
  return describe("request_timer", "Tells how long requests take.", fields(), [](Options options) {
    return std::make_unique<RequestTimer>(std::move(options));
  });
}

}  // namespace catena::plugins
