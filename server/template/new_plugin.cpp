// Answers every request with a greeting. Begin here: change what `handle` does,
// and the options.

#include <catena/plugin.hpp>
#include <memory>
#include <string>
#include <utility>

using namespace catena;

namespace {

// What a configuration may say beside "plugin": "new_plugin".
struct Options {
  std::string greeting = "Hello";
};

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields.add("greeting", &Options::greeting, "What to say to whoever asks.");
  return fields;
}

class NewPluginHandler : public Handler {
 public:
  explicit NewPluginHandler(Options options) : options_(std::move(options)) {}

  // Called on many threads at once: what belongs to one request stays on the
  // stack, or in the exchange.
  void handle(Exchange& exchange, Next&) const override {
    exchange.note("it answers everything");
    exchange.response.set_status(Status::ok);
    exchange.response.headers.set("Content-Type", "text/plain; charset=utf-8");
    std::string text = options_.greeting + ", ";
    text.append(exchange.path()).append("\n");
    exchange.response.body.append(text);
  }

 private:
  const Options options_;
};

std::unique_ptr<Handler> make(Options options) {
  return std::make_unique<NewPluginHandler>(std::move(options));
}

}  // namespace

Plugin make_new_plugin() { return describe("new_plugin", "Greets whoever asks.", fields(), make); }

CATENA_MODULE(registry) { registry.add(make_new_plugin()); }
