#include "catena/config/describe.hpp"

#include "support/catch.hpp"

using namespace catena;

namespace {

struct Inner {
  int depth = 3;
};

struct Options {
  std::vector<std::string> names{"a|b"};
  std::string to;
  Inner limits;
  std::vector<Inner> rules;
  bool strict = false;
};

config::FieldList list() {
  config::Fields<Inner> inner;
  inner.add("depth", &Inner::depth, "How deep.").between(1, 9);
  config::Fields<Options> fields;
  fields.add("names", &Options::names, "Names, this | that.").at_least(1);
  fields.add("to", &Options::to, "Where to.").required();
  fields.add("limits", &Options::limits, "The limits.", inner);
  fields.add("rules", &Options::rules, "Rules.", inner);
  fields.add("strict", &Options::strict, "Whether.");
  return fields.list();
}

}  // namespace

TEST_CASE("options are a table in Markdown") {
  CHECK(config::markdown_table(list()) ==
        "| option | type | default | what it does |\n"
        "| --- | --- | --- | --- |\n"
        "| `names` | list of strings | `[\"a\\|b\"]` | Names, this \\| that. At least 1 entry. |\n"
        "| `to` | string | required | Where to. |\n"
        "| `limits` | object |  | The limits. |\n"
        "| `limits.depth` | whole number | `3` | How deep. 1 to 9. |\n"
        "| `rules` | list of objects | `[]` | Rules. |\n"
        "| `rules[].depth` | whole number | `3` | How deep. 1 to 9. |\n"
        "| `strict` | true or false | `false` | Whether. |\n");
  CHECK(config::markdown_table({}).empty());
}

TEST_CASE("options are paragraphs on a terminal") {
  CHECK(config::text_table(list()) ==
        "  names          list of strings, default [\"a|b\"]\n"
        "                 Names, this | that. At least 1 entry.\n"
        "  to             string, required\n"
        "                 Where to.\n"
        "  limits         object\n"
        "                 The limits.\n"
        "  limits.depth   whole number, default 3\n"
        "                 How deep. 1 to 9.\n"
        "  rules          list of objects, default []\n"
        "                 Rules.\n"
        "  rules[].depth  whole number, default 3\n"
        "                 How deep. 1 to 9.\n"
        "  strict         true or false, default false\n"
        "                 Whether.\n");
  CHECK(config::text_table({}).empty());
}
