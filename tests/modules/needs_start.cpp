// A module whose handler takes for granted that it was started, which a dry run refutes.

#include <catena/plugin.hpp>
#include <memory>
#include <string>

using namespace catena;

namespace {

struct Nothing {};

class NeedsStart : public Handler {
 public:
  void handle(Exchange& exchange, Next&) const override {
    exchange.response.set_status(Status::ok);
    exchange.response.body.append(*text_);
  }
  void start() override { text_ = std::make_unique<const std::string>("started"); }

 private:
  std::unique_ptr<const std::string> text_;
};

}  // namespace

CATENA_MODULE(registry) {
  registry.add(describe("needs_start", "Fails before it is started.", config::Fields<Nothing>(),
                        [](Nothing) { return std::make_unique<NeedsStart>(); }));
}
