// Lets only some methods through, and answers 405 to the others, with an Allow field that says
// which would do (RFC 9110 section 15.5.6). Handlers behind it need not look at methods they do not
// serve.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catena/config/patterns.hpp"
#include "catena/http/match.hpp"
#include "catena/plugin/plugin.hpp"

namespace catena::plugins {
namespace {

struct Options {
  std::vector<std::string> allow{"GET", "HEAD"};
};

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields
      .add("allow", &Options::allow,
           "The methods let through, literally: \"GET\" alone refuses HEAD.")
      .each([](const std::string& method) { return is_method_name(method); },
            R"(a method name as it is sent ("GET", not "get"))", config::method_pattern)
      .at_least(1);
  return fields;
}

class MethodFilter final : public Handler {
 public:
  explicit MethodFilter(Options options) : methods_(std::move(options.allow)) {
    for (const std::string& method : methods_) {
      if (!allow_.empty()) allow_.append(", ");
      allow_.append(method);
    }
  }

  void handle(Exchange& exchange, Next& next) const override {
    const auto found = std::find(methods_.begin(), methods_.end(), exchange.request.method);
    if (found != methods_.end()) return next(exchange);
    exchange.note(exchange.request.method, " is not among ", allow_);
    exchange.response.set_status(Status::method_not_allowed);
    exchange.response.headers.set("Allow", allow_);
  }

 private:
  std::vector<std::string> methods_;
  std::string allow_;
};

}  // namespace

Plugin method_filter() {
  return describe(
      "method_filter", "Answers 405 to all methods but the ones it is given.", fields(),
      [](Options options) { return std::make_unique<MethodFilter>(std::move(options)); });
}

}  // namespace catena::plugins
