// A module whose handler never answers "/hang", not even in a dry run.

#include <catena/plugin.hpp>
#include <chrono>
#include <memory>
#include <thread>

using namespace catena;

namespace {

struct Nothing {};

class Hangs : public Handler {
 public:
  void handle(Exchange& exchange, Next&) const override {
    while (exchange.path() == "/hang") std::this_thread::sleep_for(std::chrono::hours(1));
    exchange.response.set_status(Status::ok);
  }
};

}  // namespace

CATENA_MODULE(registry) {
  registry.add(describe("hangs", "Hangs.", config::Fields<Nothing>(),
                        [](Nothing) { return std::make_unique<Hangs>(); }));
}
