// Holds a thread for a while for each request to "/sleep", as a handler does that asks a database,
// and lets all others pass.

#include <catena/plugin.hpp>
#include <chrono>
#include <memory>
#include <thread>

using namespace catena;
using namespace std::chrono_literals;

namespace {

struct Options {
  std::chrono::milliseconds time{50ms};
};

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields.add("time", &Options::time, "How long to sleep.").between(1ms, 10s);
  return fields;
}

class Sleeper : public Handler {
 public:
  explicit Sleeper(Options options) : time_(options.time) {}

  void handle(Exchange& exchange, Next& next) const override {
    if (exchange.path() != "/sleep") return next(exchange);
    std::this_thread::sleep_for(time_);
    exchange.response.set_status(Status::ok);
    exchange.response.headers.set("Content-Type", "text/plain; charset=utf-8");
    exchange.response.body.borrow("awake\n");
  }

 private:
  std::chrono::milliseconds time_;
};

}  // namespace

CATENA_MODULE(registry) {
  registry.add(describe("bench_sleeper", "Sleeps.", fields(),
                        [](Options options) { return std::make_unique<Sleeper>(options); }));
}
