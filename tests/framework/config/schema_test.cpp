#include "catena/config/schema.hpp"

#include <array>

#include "catena/config/patterns.hpp"
#include "catena/http/text.hpp"
#include "support/catch.hpp"

using namespace catena;

namespace {

struct Inner {
  int depth = 3;
};

struct Options {
  std::vector<std::string> names{"a"};
  std::string to;
  Inner limits;
  std::optional<std::chrono::milliseconds> wait;
  std::map<std::string, config::Bytes> sizes;
  config::Chain chain;
};

config::FieldList list() {
  config::Fields<Inner> inner;
  inner.add("depth", &Inner::depth, "How deep.").between(1, 9);
  config::Fields<Options> fields;
  fields.add("names", &Options::names, "Names.")
      .each(is_token, "a name", config::token_pattern)
      .at_least(2);
  fields.add("to", &Options::to, "Where to.").required();
  fields.add("limits", &Options::limits, "The limits.", inner);
  fields.add("wait", &Options::wait, "How long.");
  fields.add("sizes", &Options::sizes, "How large.").key(is_token, "a name", "^[a-z]+$");
  fields.add("chain", &Options::chain, "What is run.");
  return fields.list();
}

/// Without white space, so that a part can be looked for.
std::string compact(const std::string& json) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '"' && (i == 0 || json[i - 1] != '\\')) quoted = !quoted;
    if (quoted || (json[i] != ' ' && json[i] != '\n')) out += json[i];
  }
  return out;
}

std::string schema() {
  const std::array<config::HandlerInfo, 1> handlers{{{"branch", "Runs a chain.", list()}}};
  return compact(config::json_schema(list(), handlers));
}

}  // namespace

TEST_CASE("a schema has everything that an option declares") {
  const std::string text = schema();
  for (
      const std::string part : {
          R"("$schema":"https://json-schema.org/draft/2020-12/schema")",
          R"("names":{"description":"Names. At least 2 entries; each a name.","default":["a"],)",
          R"({"type":"string","pattern":"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"},{"$ref":"#/$defs/environment"},)",
          R"("if":{"not":{"contains":{"$ref":"#/$defs/include"}}},"then":{"minItems":2})",
          R"("to":{"description":"Where to.","anyOf":[{"type":"string"},{"$ref":"#/$defs/include"}]})",
          R"("depth":{"description":"How deep. 1 to 9.","default":3,"anyOf":[{"type":"integer","minimum":1,"maximum":9},{"$ref":"#/$defs/include"}]})",
          R"("wait":{"description":"How long.","default":null,"anyOf":[{"$ref":"#/$defs/duration"},{"$ref":"#/$defs/environment"},{"$ref":"#/$defs/include"},{"type":"null"}]})",
          R"("propertyNames":{"pattern":"^[a-z]+$"})",
          R"("required":["to"],"additionalProperties":false)",
      }) {
    CAPTURE(part, text);
    CHECK(text.find(part) != std::string::npos);
  }
}

TEST_CASE("a schema has the handlers, and chains within their options are chains") {
  const std::string text = schema();
  for (
      const std::string part : {
          R"({"const":"branch","description":"Runs a chain."})",
          R"({"if":{"properties":{"plugin":{"const":"branch"}},"required":["plugin"]},"then":{"$ref":"#/$defs/plugin_branch"}})",
          R"("plugin_branch":{"description":"Runs a chain.","type":"object","properties":{"plugin":true,"names":)",
          R"("chain":{"description":"What is run.","$ref":"#/$defs/chain"})",
          R"("chain":{"anyOf":[{"type":"array","items":{"$ref":"#/$defs/handler"},"minItems":1},{"$ref":"#/$defs/include"}]})",
      }) {
    CAPTURE(part, text);
    CHECK(text.find(part) != std::string::npos);
  }
}
