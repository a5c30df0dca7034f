#include "catena/config/fields.hpp"

#include <array>

#include "catena/http/text.hpp"
#include "support/catch.hpp"

using namespace catena;
using namespace std::chrono_literals;

namespace {

enum class Format { common, combined, json };

struct Limits {
  std::uint16_t depth = 3;
  config::Bytes body{1 << 20};
};

struct Options {
  std::vector<std::string> allow{"GET", "HEAD"};
  std::chrono::milliseconds timeout{10s};
  Format format = Format::common;
  bool strict = true;
  std::uint16_t port = 8080;
  std::int64_t offset = 0;
  std::uint64_t count = 0;
  double ratio = 0.5;
  std::string realm = "files";
  std::filesystem::path root = "webroot";
  config::Bytes buffer{64 << 10};
  std::optional<std::string> cookie;
  std::optional<int> level = 3;
  std::map<std::string, std::string> set;
  std::map<std::string, std::vector<int>> table;
  Limits limits;
  std::vector<Limits> more;
  std::optional<Limits> maybe;
  config::Value raw;
};

config::Fields<Limits> limits_fields() {
  config::Fields<Limits> fields;
  fields.add("depth", &Limits::depth, "How deep.").between(1, 9);
  fields.add("body", &Limits::body, "How much.").between({1}, {2 << 20});
  return fields;
}

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields.add("allow", &Options::allow, "The methods let through, literally.")
      .each(is_token, "a method name")
      .at_least(1)
      .at_most(3);
  fields.add("timeout", &Options::timeout, "How long.").between(1ms, 1h);
  fields.add("format", &Options::format, "How lines look.")
      .choices(
          {{"common", Format::common}, {"combined", Format::combined}, {"json", Format::json}});
  fields.add("strict", &Options::strict, "Whether.");
  fields.add("port", &Options::port, "Where.").between(1, 65535);
  fields.add("offset", &Options::offset, "From where.");
  fields.add("count", &Options::count, "How many.");
  fields.add("ratio", &Options::ratio, "How often.").between(0, 1);
  fields.add("realm", &Options::realm, "What for.")
      .check([](std::string_view text) { return text.find('"') == text.npos; },
             "a text without quotes")
      .at_most(8);
  fields.add("root", &Options::root, "Which directory.");
  fields.add("buffer", &Options::buffer, "How large.");
  fields.add("cookie", &Options::cookie, "Its name.").check(is_token, "a cookie name");
  fields.add("level", &Options::level, "How hard.").between(1, 9);
  fields.add("set", &Options::set, "Fields to set.")
      .key(is_token, "a field name")
      .each(is_field_value, "a field value");
  fields.add("table", &Options::table, "Numbers by name.").between(0, 10);
  fields.add("limits", &Options::limits, "The limits.", limits_fields());
  fields.add("more", &Options::more, "More limits.", limits_fields());
  fields.add("maybe", &Options::maybe, "Limits, perhaps.", limits_fields());
  fields.add("raw", &Options::raw, "Anything.");
  return fields;
}

constexpr std::array<std::string_view, 1> also_known{"plugin"};

config::Value parsed(std::string_view text) {
  config::Diagnostics diagnostics;
  auto value = config::parse(text, "t.json", "conf", diagnostics);
  REQUIRE(value);
  REQUIRE(diagnostics.empty());
  return *value;
}

/// Reads what must be right.
Options read(std::string_view text) {
  config::Diagnostics diagnostics;
  Options options = fields().read(parsed(text), diagnostics, "sample", also_known);
  for (const auto& diagnostic : diagnostics.all()) UNSCOPED_INFO(diagnostic.text());
  REQUIRE(diagnostics.empty());
  return options;
}

std::string text_of(const config::Diagnostics& diagnostics) {
  std::string out;
  for (const auto& diagnostic : diagnostics.all()) {
    if (!out.empty()) out += '\n';
    out += diagnostic.text();
  }
  return out;
}

/// Reads what must be wrong, and returns what was reported.
std::string errors(std::string_view text) {
  config::Diagnostics diagnostics;
  fields().read(parsed(text), diagnostics, "sample", also_known);
  return text_of(diagnostics);
}

config::FieldInfo info(std::string_view name) {
  for (const config::FieldInfo& field : fields().list()) {
    if (field.name == name) return field;
  }
  FAIL("no such option");
  return {};
}

}  // namespace

TEST_CASE("what is left out keeps its default") {
  const Options options = read("{ \"plugin\": \"sample\" }");
  CHECK(options.allow == std::vector<std::string>{"GET", "HEAD"});
  CHECK(options.timeout == 10s);
  CHECK(options.root == "webroot");
  CHECK(options.level == 3);
}

TEST_CASE("every type is read") {
  const Options options = read(R"({
    "allow": ["PUT"], "timeout": "500ms", "format": "json", "strict": false, "port": 65535,
    "offset": -9223372036854775808, "count": 9223372036854775807, "ratio": 1, "realm": "",
    "root": "a/../b", "buffer": "8KiB", "cookie": "sid", "level": null,
    "set": { "X-A": "1", "X-B": "" }, "table": { "x": [1, 2] }, "limits": { "depth": 9 },
    "more": [{}, { "body": 7 }], "maybe": {}, "raw": [null]
  })");
  CHECK(options.allow == std::vector<std::string>{"PUT"});
  CHECK(options.timeout == 500ms);
  CHECK(options.format == Format::json);
  CHECK_FALSE(options.strict);
  CHECK(options.port == 65535);
  CHECK(options.offset == std::numeric_limits<std::int64_t>::min());
  CHECK(options.count == 9223372036854775807u);
  CHECK(options.ratio == 1.0);
  CHECK(options.realm.empty());
  CHECK(options.root == "conf/a/../b");
  CHECK(options.buffer == config::Bytes{8192});
  CHECK(options.cookie == "sid");
  CHECK_FALSE(options.level);
  CHECK(options.set == std::map<std::string, std::string>{{"X-A", "1"}, {"X-B", ""}});
  CHECK(options.table.at("x") == std::vector<int>{1, 2});
  CHECK(options.limits.depth == 9);
  CHECK(options.limits.body == config::Bytes{1 << 20});
  REQUIRE(options.more.size() == 2);
  CHECK(options.more[1].body == config::Bytes{7});
  CHECK(options.maybe);
  CHECK(options.raw.items()[0].pointer() == "/raw/0");
  CHECK(read(R"({ "root": "/srv" })").root == "/srv");
}

TEST_CASE("unknown options are answered with what was probably meant") {
  CHECK(errors(R"({ "alow": [] })") ==
        "t.json:1:3: /alow: unknown option of sample; did you mean \"allow\"?");
  CHECK(errors(R"({ "limits": { "depht": 1 } })") ==
        "t.json:1:15: /limits/depht: unknown option; did you mean \"depth\"?");
  CHECK(errors(R"({ "limits": { "colour": 1 } })") ==
        "t.json:1:15: /limits/colour: unknown option; known: \"depth\", \"body\"");
  config::Diagnostics diagnostics;
  config::Fields<Options>().read(parsed(R"({ "colour": 1 })"), diagnostics, "nothing");
  CHECK(text_of(diagnostics) == "t.json:1:3: /colour: unknown option of nothing; there are none");
}

TEST_CASE("wrong types name what was expected and what was there") {
  CHECK(errors(R"({ "allow": ["GET", 1] })") ==
        "t.json:1:20: /allow/1: expected a string, got a number");
  CHECK(errors(R"({ "allow": "GET" })") == "t.json:1:12: /allow: expected an array, got a string");
  CHECK(errors(R"({ "strict": 1 })") ==
        "t.json:1:13: /strict: expected true or false, got a number");
  CHECK(errors(R"({ "realm": true })") == "t.json:1:12: /realm: expected a string, got true");
  CHECK(errors(R"({ "port": "80" })") ==
        "t.json:1:11: /port: expected a whole number, got a string");
  CHECK(errors(R"({ "port": 80.0 })") == "t.json:1:11: /port: expected a whole number, got 80.0");
  CHECK(errors(R"({ "ratio": null })") == "t.json:1:12: /ratio: expected a number, got null");
  CHECK(errors(R"({ "timeout": 10 })") ==
        "t.json:1:14: /timeout: expected a duration such as \"10s\", got a number");
  CHECK(errors(R"({ "timeout": "10" })") ==
        "t.json:1:14: /timeout: expected a duration such as \"10s\", got \"10\"");
  CHECK(errors(R"({ "buffer": "8KB" })") ==
        "t.json:1:13: /buffer: expected a size such as 65536 or \"64KiB\", got \"8KB\"");
  CHECK(errors(R"({ "buffer": -1 })") ==
        "t.json:1:13: /buffer: expected a size such as 65536 or \"64KiB\", got -1");
  CHECK(errors(R"({ "root": "" })") == "t.json:1:11: /root: expected a path, got \"\"");
  CHECK(errors(R"({ "root": "a\u0000b" })") ==
        "t.json:1:11: /root: expected a path, got \"a\\u0000b\"");
  CHECK(errors(R"({ "root": [] })") == "t.json:1:11: /root: expected a path, got an array");
  CHECK(errors(R"({ "set": [] })") == "t.json:1:10: /set: expected an object, got an array");
  CHECK(errors(R"({ "limits": 1 })") == "t.json:1:13: /limits: expected an object, got a number");
  CHECK(errors(R"({ "cookie": 1 })") == "t.json:1:13: /cookie: expected a string, got a number");
  CHECK(errors(R"([])") == "t.json:1:1: expected an object, got an array");
}

TEST_CASE("bounds hold, the type's own too") {
  CHECK(errors(R"({ "port": 0 })") == "t.json:1:11: /port: expected 1 to 65535, got 0");
  CHECK(errors(R"({ "port": 18446744073709551616 })") ==
        "t.json:1:11: /port: expected 1 to 65535, got 18446744073709551616");
  CHECK(errors(R"({ "count": -1 })") == "t.json:1:12: /count: expected at least 0, got -1");
  CHECK(errors(R"({ "offset": 9223372036854775808 })") ==
        "t.json:1:13: /offset: expected -9223372036854775808 to 9223372036854775807, got "
        "9223372036854775808");
  CHECK(errors(R"({ "count": 18446744073709551615 })") ==
        "t.json:1:12: /count: expected 0 to 9223372036854775807, got 18446744073709551615");
  CHECK(errors(R"({ "ratio": 1.5 })") == "t.json:1:12: /ratio: expected 0 to 1, got 1.5");
  CHECK(errors(R"({ "timeout": "2h" })") ==
        "t.json:1:14: /timeout: expected 1ms to 1h, got \"2h\"");
  CHECK(errors(R"({ "limits": { "body": 0 } })") ==
        "t.json:1:23: /limits/body: expected 1 to 2MiB, got 0");
  CHECK(errors(R"({ "level": 0 })") == "t.json:1:12: /level: expected 1 to 9, got 0");
  CHECK(errors(R"({ "table": { "x": [1, 11] } })") ==
        "t.json:1:23: /table/x/1: expected 0 to 10, got 11");
}

TEST_CASE("sizes and checks hold") {
  CHECK(errors(R"({ "allow": [] })") == "t.json:1:12: /allow: expected 1 to 3 entries, got 0");
  CHECK(errors(R"({ "realm": "123456789" })") ==
        "t.json:1:12: /realm: expected at most 8 bytes, got 9");
  CHECK(errors(R"({ "allow": ["GE T"] })") ==
        "t.json:1:13: /allow/0: expected a method name, got \"GE T\"");
  CHECK(errors(R"({ "realm": "a\"b" })") ==
        "t.json:1:12: /realm: expected a text without quotes, got \"a\\\"b\"");
  CHECK(errors(R"({ "cookie": "a b" })") ==
        "t.json:1:13: /cookie: expected a cookie name, got \"a b\"");
  CHECK(errors(R"({ "set": { "a b": " x" } })") ==
        "t.json:1:12: /set/a b: expected a field name, got \"a b\"\n"
        "t.json:1:19: /set/a b: expected a field value, got \" x\"");
}

TEST_CASE("choices name all of them, and the nearest") {
  CHECK(errors(R"({ "format": "jsn" })") ==
        "t.json:1:13: /format: expected \"common\", \"combined\" or \"json\", got \"jsn\"; did you "
        "mean \"json\"?");
  CHECK(errors(R"({ "format": "xml" })") ==
        "t.json:1:13: /format: expected \"common\", \"combined\" or \"json\", got \"xml\"");
  CHECK(errors(R"({ "format": 1 })") == "t.json:1:13: /format: expected a string, got a number");
}

TEST_CASE("strings can be chosen from, too") {
  struct Chosen {
    std::string level = "info";
  };
  config::Fields<Chosen> fields;
  fields.add("level", &Chosen::level, "How much.").choices({"info", "debug"});
  config::Diagnostics diagnostics;
  CHECK(fields.read(parsed(R"({ "level": "debug" })"), diagnostics).level == "debug");
  fields.read(parsed(R"({ "level": "loud" })"), diagnostics);
  CHECK(text_of(diagnostics) ==
        "t.json:1:12: /level: expected \"info\" or \"debug\", got \"loud\"");
  CHECK(fields.list().front().default_text == "\"info\"");
}

TEST_CASE("required options are asked for") {
  struct Needed {
    std::string to;
  };
  config::Fields<Needed> fields;
  fields.add("to", &Needed::to, "Where to.").required();
  config::Diagnostics diagnostics;
  fields.read(parsed("{}"), diagnostics, "redirect");
  fields.read(parsed("{}"), diagnostics);
  CHECK(text_of(diagnostics) ==
        "t.json:1:1: missing option \"to\" of redirect\nt.json:1:1: missing option \"to\"");
  CHECK(fields.list().front().required);
  CHECK(fields.list().front().default_text.empty());
}

TEST_CASE("everything that is wrong is reported at once") {
  CHECK(errors("{\n  \"allow\": [1, \"\"],\n  \"prot\": 1,\n  \"port\": 0\n}") ==
        "t.json:2:13: /allow/0: expected a string, got a number\n"
        "t.json:2:16: /allow/1: expected a method name, got \"\"\n"
        "t.json:3:3: /prot: unknown option of sample; did you mean \"port\"?\n"
        "t.json:4:11: /port: expected 1 to 65535, got 0");
}

TEST_CASE("options are listed for tools") {
  CHECK(fields().list().size() == 19);
  const config::FieldInfo allow = info("allow");
  CHECK(allow.type == "list of strings");
  CHECK(allow.default_text == R"(["GET","HEAD"])");
  CHECK(allow.bounds == "1 to 3 entries; each a method name");
  CHECK(allow.sentence == "The methods let through, literally.");
  CHECK(allow.shape == config::Shape::list);
  CHECK(allow.fewest == 1);
  CHECK(allow.most == 3);
  REQUIRE(allow.element.size() == 1);
  CHECK(allow.element[0].shape == config::Shape::string);

  CHECK(info("timeout").type == "duration");
  CHECK(info("timeout").default_text == "\"10s\"");
  CHECK(info("timeout").bounds == "1ms to 1h");
  CHECK(info("format").bounds == "common, combined or json");
  CHECK(info("format").default_text == "\"common\"");
  CHECK(info("format").choices.size() == 3);
  CHECK(info("port").type == "whole number");
  CHECK(info("port").highest == 65535);
  CHECK(info("offset").bounds.empty());
  CHECK(info("count").bounds == "at least 0");
  CHECK(info("ratio").default_text == "0.5");
  CHECK(info("root").default_text == "\"webroot\"");
  CHECK(info("buffer").default_text == "\"64KiB\"");
  CHECK(info("cookie").default_text == "null");
  CHECK(info("cookie").nullable);
  CHECK(info("level").default_text == "3");
  CHECK(info("set").type == "map of strings");
  CHECK(info("set").default_text == "{}");
  CHECK(info("set").bounds == "each key a field name; each a field value");
  CHECK(info("table").type == "map of lists of whole numbers");
  CHECK(info("limits").type == "object");
  CHECK(info("limits").default_text.empty());
  REQUIRE(info("limits").fields.size() == 2);
  CHECK(info("limits").fields[1].default_text == "\"1MiB\"");
  CHECK(info("more").type == "list of objects");
  CHECK(info("more").default_text == "[]");
  CHECK(info("more").fields.size() == 2);
  CHECK(info("maybe").default_text == "null");
  CHECK(info("maybe").fields.size() == 2);
  CHECK(info("raw").type == "any value");
}

TEST_CASE("nested defaults are those of the member, not of its type") {
  struct Outer {
    Limits limits{.depth = 7, .body = {1}};
    std::vector<Limits> list{{.depth = 1, .body = {2}}};
  };
  config::Fields<Outer> fields;
  fields.add("limits", &Outer::limits, "L.", limits_fields());
  fields.add("list", &Outer::list, "L.", limits_fields());
  CHECK(fields.list()[0].fields[0].default_text == "7");
  CHECK(fields.list()[1].default_text == R"([{"depth":1,"body":2}])");
  config::Diagnostics diagnostics;
  CHECK(fields.read(parsed(R"({ "limits": { "body": 5 } })"), diagnostics).limits.depth == 7);
}

TEST_CASE("declarations that can't be right are refused") {
  config::Fields<Options> twice;
  twice.add("allow", &Options::allow, "");
  CHECK_THROWS_AS(twice.add("allow", &Options::allow, ""), std::logic_error);
  config::Fields<Options> no_choices;
  no_choices.add("format", &Options::format, "");
  CHECK_THROWS_AS(no_choices.list(), std::logic_error);
}

TEST_CASE("a copy of the fields is not changed by what is added to the original") {
  config::Fields<Options> original;
  original.add("allow", &Options::allow, "");
  const config::Fields<Options> copy = original;
  original.add("port", &Options::port, "");
  CHECK(copy.list().size() == 1);
}

TEST_CASE("what a factory finds invalid is reported at the option") {
  const config::Value entry = parsed("{\n  \"allow\": [\"GET\"],\n  \"limits\": { \"body\": 1 } }");
  const auto text = [&](std::string option) {
    return config::Invalid(std::move(option), "does not compile").diagnostic(entry).text();
  };
  CHECK(text("allow") == "t.json:2:12: /allow: does not compile");
  CHECK(text("allow/0") == "t.json:2:13: /allow/0: does not compile");
  CHECK(text("limits/body") == "t.json:3:23: /limits/body: does not compile");
  CHECK(text("pattern") == "t.json:1:1: option \"pattern\": does not compile");
  CHECK(text("") == "t.json:1:1: does not compile");
}
