#include "catena/config/resolve.hpp"

#include <cerrno>
#include <map>
#include <string>
#include <string_view>

#include "catena/config/json_text.hpp"
#include "support/catch.hpp"

using namespace catena::config;

namespace {

/// Files by their path, and no variable but NAME.
struct Files {
  std::map<std::string, std::string> texts;
  int reads = 0;

  Outside outside() {
    Outside outside;
    outside.variable = [](const std::string& name) {
      return name == "NAME" ? std::optional<std::string>("part") : std::nullopt;
    };
    outside.file = [this](const std::filesystem::path& path) -> std::variant<std::string, int> {
      ++reads;
      const auto found = texts.find(path.lexically_normal().string());
      if (found == texts.end()) return ENOENT;
      return found->second;
    };
    return outside;
  }
};

struct Read {
  Value value;
  std::string diagnostics;
};

Read read(Files& files, std::string_view name = "site.json") {
  Diagnostics diagnostics;
  const auto document = read_file(std::string(name), diagnostics, files.outside());
  Read read{document.value_or(Value()), {}};
  diagnostics.sort();
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    read.diagnostics.append(diagnostic.text()).append("\n");
  }
  return read;
}

/// As JSON what must be right.
std::string json(Files files) {
  const Read result = read(files);
  CHECK(result.diagnostics.empty());
  return to_json(result.value);
}

std::string complaints(Files files) { return read(files).diagnostics; }

}  // namespace

TEST_CASE("an included file stands where it is named") {
  CHECK(json({{{"site.json", R"({"a": {"include": "a.json"}, "b": 1})"},
               {"a.json", R"({"x": [2]})"}}}) == R"({"a":{"x":[2]},"b":1})");
  CHECK(json({{{"site.json", R"({"include": "a.json"})"}, {"a.json", "// only this\n\"text\""}}}) ==
        R"("text")");
  CHECK(json({{{"site.json", R"([{"include": "${NAME}.json"}, 2])"}, {"part.json", "1"}}}) ==
        "[1,2]");
}

TEST_CASE("an included array leaves its entries in the array around it, and only there") {
  const std::map<std::string, std::string> parts{
      {"one.json", "[1]"}, {"none.json", "[]"}, {"more.json", R"([{"include": "one.json"}, 2])"}};
  const auto with = [&parts](std::string text) {
    Files files{parts};
    files.texts["site.json"] = std::move(text);
    return json(files);
  };
  CHECK(with(R"([0, {"include": "more.json"}, {"include": "none.json"}, 3])") == "[0,1,2,3]");
  CHECK(with(R"([{"include": "one.json"}, {"include": "one.json"}])") == "[1,1]");
  CHECK(with(R"([[{"include": "one.json"}]])") == "[[1]]");
  CHECK(with(R"({"a": {"include": "more.json"}})") == R"({"a":[1,2]})");
  // An object with other members includes nothing.
  CHECK(with(R"([{"include": "one.json", "x": 1}])") == R"([{"include":"one.json","x":1}])");
  CHECK(with(R"({"a": {"inklude": "one.json"}})") == R"({"a":{"inklude":"one.json"}})");
}

TEST_CASE("paths are relative to the file that they stand in, and values know theirs") {
  Files files{{{"conf/site.json", R"({"a": {"include": "parts/a.json"}, "c": 3})"},
               {"conf/parts/a.json", "{\n  \"b\": [{\"include\": \"../b.json\"}, \"x\"] }"},
               {"conf/b.json", "[ true ]"}}};
  const Read result = read(files, "conf/site.json");
  REQUIRE(result.diagnostics.empty());
  CHECK(result.value.find("c")->problem("no").text() == "conf/site.json:1:41: /c: no");
  const Value& a = *result.value.find("a");
  CHECK(a.problem("no").text() == "conf/parts/a.json:1:1: no");
  CHECK(a.directory() == "conf/parts");
  const Value& b = *a.find("b");
  REQUIRE(b.items().size() == 2);
  CHECK(b.items()[0].problem("no").text() == "conf/parts/../b.json:1:3: /0: no");
  CHECK(b.items()[1].problem("no").text() == "conf/parts/a.json:2:35: /b/1: no");
  CHECK(a.problem_at_key(a.members()[0], "no").text() == "conf/parts/a.json:2:3: /b: no");
  // A key is its file's, whatever file the value is of.
  CHECK(result.value.problem_at_key(result.value.members()[0], "no").text() ==
        "conf/site.json:1:2: /a: no");
}

TEST_CASE("what can't be included is told where it is named") {
  CHECK(complaints({{{"site.json", R"({"a": {"include": "none.json"}})"}}}) ==
        "site.json:1:19: /a/include: can't include none.json: there is no such file; check the "
        "path\n");
  CHECK(complaints(
            {{{"site.json", R"([{"include": 5}, {"include": ""}, {"include": "a\u0000b"}])"}}}) ==
        "site.json:1:14: /0/include: expected the path of a file, got 5\n"
        "site.json:1:30: /1/include: expected the path of a file, got \"\"\n"
        "site.json:1:47: /2/include: expected the path of a file, got \"a\\u0000b\"\n");
  CHECK(complaints({{{"site.json", R"([{"include": "${NONE}"}])"}}}) ==
        "site.json:1:14: /0/include: the environment variable NONE is not set; set it, or give a "
        "default: ${NONE:-…}\n");
}

TEST_CASE("what is wrong in an included file is told there, once, behind what includes it") {
  CHECK(complaints({{{"site.json",
                      R"([{"include": "a.json"}, {"include": "a.json"}, "${NONE:-}", "${NONE}"])"},
                     {"a.json", "{\n  \"x\": 1,\n  \"x\": 2,\n  y }"}}}) ==
        "site.json:1:61: /3: the environment variable NONE is not set; set it, or give a default: "
        "${NONE:-…}\n"
        "a.json:3:3: /x: duplicate key; the first is on line 2\n"
        "a.json:4:3: syntax error: invalid literal 'y'; expected string literal\n");
}

TEST_CASE("files that include one another are told with the way round") {
  CHECK(complaints({{{"site.json", R"({"include": "site.json"})"}}}) ==
        "site.json:1:13: /include: files include one another: site.json → site.json\n");
  CHECK(complaints({{{"site.json", R"([{"include": "a/b.json"}])"},
                     {"a/b.json", R"({"include": "c.json"})"},
                     {"a/c.json", R"({"x": {"include": "../a/b.json"}})"}}}) ==
        "a/c.json:1:19: /x/include: files include one another: a/b.json → a/c.json → "
        "a/../a/b.json\n");
  // The same file twice, side by side, is no circle.
  CHECK(complaints(
            {{{"site.json", R"([{"include": "a.json"}, {"include": "a.json"}])"}, {"a.json", "1"}}})
            .empty());
}

TEST_CASE("including has an end") {
  Files deep;
  for (int i = 0; i < 30; ++i) {
    deep.texts[std::to_string(i) + ".json"] =
        "{\"include\": \"" + std::to_string(i + 1) + ".json\"}";
  }
  deep.texts["site.json"] = R"({"include": "0.json"})";
  CHECK(complaints(deep) ==
        "15.json:1:13: /include: files include one another more than 16 deep\n");

  Files nested;
  const std::string open(40, '[');
  const std::string close(40, ']');
  nested.texts["site.json"] = open + R"({"include": "a.json"})" + close;
  nested.texts["a.json"] = open + close;
  CHECK_THAT(complaints(nested),
             ContainsSubstring("arrays and objects stand more than 64 deep in one another, with "
                               "what is included"));

  // Each file names the next one ten times.
  Files wide;
  for (int i = 0; i < 10; ++i) {
    std::string text = "[\"" + std::string(20'000, 'x') + "\",";
    for (int j = 0; j < 10; ++j) {
      text += "{\"include\": \"" + std::to_string(i + 1) + ".json\"},";
    }
    wide.texts[std::to_string(i) + ".json"] = text + "0]";
  }
  wide.texts["10.json"] = "[]";
  wide.texts["site.json"] = R"([{"include": "0.json"}])";
  CHECK_THAT(complaints(wide), ContainsSubstring("is larger than 16 MiB"));
}

TEST_CASE("variables together have an end, too") {
  std::string text = "[";
  for (int i = 0; i < 200; ++i) text += "\"${LONG}\",";
  Outside outside;
  outside.variable = [](const std::string&) { return std::string(1 << 17, 'x'); };
  Diagnostics diagnostics;
  auto document = parse(text + "0]", "site.json", {}, diagnostics);
  REQUIRE(document);
  resolve(*document, outside, diagnostics);
  REQUIRE_FALSE(diagnostics.empty());
  CHECK(diagnostics.all()[0].message ==
        "what comes from the environment and from other files is larger than 16 MiB; is it right?");
}

TEST_CASE("what can't be had says so to whoever reads it") {
  Files files{{{"site.json", R"({"a": "${NONE}", "b": {"include": "none.json"}, "c": 1})"}}};
  const Read result = read(files);
  for (const char* key : {"a", "b"}) {
    const Value& value = *result.value.find(key);
    CHECK(value.kind() == Value::Kind::null);
    REQUIRE(value.failure() != nullptr);
    CHECK_THAT(result.diagnostics, ContainsSubstring(value.failure()->text()));
  }
  CHECK(result.value.find("c")->failure() == nullptr);
  CHECK(result.value.failure() == nullptr);
}
