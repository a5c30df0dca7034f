// Answers every request with a greeting: the smallest plugin there is.

#include <catena/plugin.hpp>
#include <memory>
#include <string>
#include <utility>

using namespace catena;

namespace {

struct Options {
  std::string greeting = "Hello";
};

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields.add("greeting", &Options::greeting, "What to say.");
  return fields;
}

class Hello : public Handler {
 public:
  explicit Hello(Options options) : text_(options.greeting + ", world!\n") {}

  void handle(Exchange& exchange, Next&) const override {
    exchange.response.set_status(Status::ok);
    exchange.response.headers.set("Content-Type", "text/plain; charset=utf-8");
    exchange.response.body.borrow(text_);
  }

 private:
  std::string text_;
};

}  // namespace

Plugin hello() {
  return describe("hello", "Greets the world.", fields(),
                  [](Options options) { return std::make_unique<Hello>(std::move(options)); });
}

CATENA_MODULE(registry) { registry.add(hello()); }
