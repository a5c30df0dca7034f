// A module as it should be: a plugin with options, which counts its requests.

#include <atomic>
#include <catena/plugin.hpp>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#if !defined(TEXT)
#define TEXT "a text"
#endif

using namespace catena;

namespace {

struct Options {
  std::string text = TEXT;
  int times = 1;
};

/// What the linker would give one address in all modules that have it, if it could.
struct Counter {
  static inline std::atomic<int> requests{0};
};

/// Fails after its first piece.
class Broken : public BodySource {
 public:
  std::size_t read(std::span<char> into) override {
    if (std::exchange(begun_, true)) throw std::runtime_error("broken on purpose");
    into[0] = '.';
    return 1;
  }

 private:
  bool begun_ = false;
};

class Good : public Handler {
 public:
  explicit Good(Options options) : options_(std::move(options)) {}
  void handle(Exchange& exchange, Next& next) const override {
    if (exchange.path() == "/next") return next(exchange);
    if (exchange.path() == "/throw") throw std::runtime_error("thrown in a module");
    exchange.response.set_status(Status::ok);
    if (exchange.path() == "/cut") {
      return exchange.response.body.stream(std::make_unique<Broken>());
    }
    for (int time = 0; time < options_.times; ++time) exchange.response.body.append(options_.text);
    if (!exchange.dry_run) ++Counter::requests;
    exchange.response.body.append(" " + std::to_string(Counter::requests));
  }

 private:
  Options options_;
};

}  // namespace

CATENA_MODULE(registry) {
  config::Fields<Options> fields;
  fields.add("text", &Options::text, "What is said.");
  fields.add("times", &Options::times, "How often.").between(1, 9);
  registry.add(describe("good", "Says something.", fields, [](Options options) {
    return std::make_unique<Good>(std::move(options));
  }));
}
