#include "catena/serve/expectations.hpp"

#include <cstddef>
#include <string_view>

#include <fmt/format.h>

#include "catena/config/patterns.hpp"
#include "catena/http/text.hpp"
#include "catena/serve/rehearsal.hpp"

namespace catena {
namespace {

/// Tells what one response has to do with what was expected of it.
class Verdict {
 public:
  Verdict(const Expectation& expected, const config::Value& entry,
          const RehearsedResponse& response, config::Diagnostics& diagnostics)
      : expected_(expected), entry_(entry), response_(response), diagnostics_(diagnostics) {}

  /// False when there is nothing to check.
  bool check_answered() {
    if (response_.status != 0) return true;
    complain(*entry_.find("request"), "gets no answer, because its body failed at once");
    return false;
  }

  void check_status() {
    if (!expected_.status || *expected_.status == response_.status) return;
    complain(*entry_.find("status"), "is answered " + std::to_string(response_.status) + ", not " +
                                         std::to_string(*expected_.status));
  }

  void check_fields() {
    for (const auto& [name, value] : expected_.header) {
      const config::Value& at = *entry_.find("header")->find(name);
      if (!response_.has(name)) {
        complain(at, "is answered without " + name);
      } else if (value != "*" && response_.header(name) != value) {
        complain(at, fmt::format("is answered with {}: {}, not {}", name, response_.header(name),
                                 value));
      }
    }
  }

  void check_body() {
    if (!expected_.body || response_.body.find(*expected_.body) != std::string::npos) return;
    complain(*entry_.find("body"),
             (response_.too_long ? "has an answer whose first 64 MiB do not contain \""
                                 : "has an answer that does not contain \"") +
                 *expected_.body + "\"");
  }

  /// Of a file that is longer than a dry run keeps the rest is taken for granted.
  void check_end() {
    if (response_.was_cut()) {
      complain(*entry_.find("request"), "has an answer that is cut off, because its body failed");
    }
    if (!response_.seems_endless()) return;
    complain(*entry_.find("request"),
             "has an answer of more than 64 MiB and of unknown length, as if it had no end");
  }

 private:
  void complain(const config::Value& at, const std::string& what) {
    diagnostics_.add(at.problem("\"" + expected_.request + "\" " + what +
                                "; `catena explain` shows its walk through the chain"));
  }

  const Expectation& expected_;
  const config::Value& entry_;
  const RehearsedResponse& response_;
  config::Diagnostics& diagnostics_;
};

}  // namespace

config::Fields<Expectation> expectation_fields() {
  config::Fields<Expectation> fields;
  fields
      .add("request", &Expectation::request,
           "The method and the target: \"GET /docs/\"; a target alone is asked for with GET.")
      .check([](const std::string& text) { return parse_rehearsed(text).has_value(); },
             "a method and a target, as in \"GET /\"",
             R"(^(?:[^ ]+ )?(?:/[^ \r\n]*|\*|[^ \r\n]*:[^ \r\n]*)$)")
      .required();
  fields.add("with", &Expectation::with, "Fields of the request; Host is localhost without one.")
      .key([](const std::string& name) { return is_token(name); }, "a field name",
           config::token_pattern)
      .each([](const std::string& value) { return is_field_value(value); }, "a field value",
            config::field_value_pattern);
  fields.add("status", &Expectation::status, "The status of the response.").between(200, 599);
  fields
      .add("header", &Expectation::header,
           "Fields of the response and their values; \"*\" is any value.")
      .key([](const std::string& name) { return is_token(name); }, "a field name",
           config::token_pattern);
  fields.add("body", &Expectation::body, "Text that the body of the response contains.");
  return fields;
}

void check_expectations(const std::vector<Expectation>& expectations, const config::Value& list,
                        const Configuration& configuration, config::Diagnostics& diagnostics,
                        RehearsalWatch* watch) {
  for (std::size_t number = 0; number < expectations.size(); ++number) {
    const Expectation& expected = expectations[number];
    RehearsedRequest request = *parse_rehearsed(expected.request);
    request.fields.assign(expected.with.begin(), expected.with.end());
    const RehearsedResponse response = rehearse(configuration, request, nullptr, watch);
    Verdict verdict(expected, list.items()[number], response, diagnostics);
    if (!verdict.check_answered()) continue;
    verdict.check_status();
    verdict.check_fields();
    verdict.check_body();
    verdict.check_end();
  }
}

}  // namespace catena
