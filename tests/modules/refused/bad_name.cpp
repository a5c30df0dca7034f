#include <catena/plugin.hpp>
#include <memory>

using namespace catena;

namespace {

struct Nothing {};

class PassesOn : public Handler {
 public:
  void handle(Exchange& exchange, Next& next) const override { next(exchange); }
};

Plugin passes_on(const std::string& name) {
  return describe(name, "Passes on.", config::Fields<Nothing>(),
                  [](Nothing) { return std::make_unique<PassesOn>(); });
}

}  // namespace

CATENA_MODULE(registry) { registry.add(passes_on("Bad Name")); }
