// A module with two plugins.

#include <catena/plugin.hpp>
#include <memory>

using namespace catena;

namespace {

struct Nothing {};

class Says : public Handler {
 public:
  explicit Says(std::string text) : text_(std::move(text)) {}
  void handle(Exchange& exchange, Next&) const override {
    exchange.response.set_status(Status::ok);
    exchange.response.body.append(text_);
  }

 private:
  std::string text_;
};

Plugin says(const std::string& text) {
  Plugin plugin = describe(text, "Says " + text + ".", config::Fields<Nothing>(),
                           [text](Nothing) { return std::make_unique<Says>(text); });
  if (text == "second") plugin.after = {{"first", "it comes second"}};
  return plugin;
}

}  // namespace

CATENA_MODULE(registry) {
  registry.add(says("first"));
  registry.add(says("second"));
}
