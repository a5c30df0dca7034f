// Tells each client how long its request took in the chain.
//
// What it teaches: wrapping around the handlers behind. What stands before next(exchange) happens
// on the way in; what stands after it happens on the way out, with the response in hand. The code
// after it always runs: what is thrown behind has become a response by then. What belongs to one
// request stands on the stack, never in the handler, which many threads use at once.

#include <catena/http/text.hpp>
#include <catena/plugin.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

using namespace catena;

namespace {

struct Options {
  std::string metric = "chain";
};

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields.add("metric", &Options::metric, "What Server-Timing calls the time.")
      .check([](const std::string& text) { return is_token(text); }, "a word");
  return fields;
}

class RequestTimer : public Handler {
 public:
  explicit RequestTimer(Options options) : options_(std::move(options)) {}

  void handle(Exchange& exchange, Next& next) const override {
    const auto began = std::chrono::steady_clock::now();
    next(exchange);
    const auto took = std::chrono::steady_clock::now() - began;
    const double milliseconds = std::chrono::duration<double, std::milli>(took).count();
    exchange.response.headers.add("Server-Timing",
                                  options_.metric + ";dur=" + std::to_string(milliseconds));
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

CATENA_MODULE(registry) { registry.add(request_timer()); }
