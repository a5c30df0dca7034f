#include "catena/config/document.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>

#include "catena/http/unique_fd.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace catena::config;
namespace fs = std::filesystem;

namespace {

Value parsed(std::string_view text) {
  Diagnostics diagnostics;
  auto value = parse(text, "site.json", "conf", diagnostics);
  REQUIRE(value);
  REQUIRE(diagnostics.empty());
  return *value;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string text_of(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics.all()) out += diagnostic.text() + "\n";
  return out;
}

/// A directory of its own that goes with the test.
struct TemporaryDirectory {
  TemporaryDirectory() {
    std::string name = (fs::temp_directory_path() / "catena-config-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~TemporaryDirectory() { fs::remove_all(path); }
  fs::path path;
};

}  // namespace

TEST_CASE("every case of a document is reported with exactly its text") {
  std::vector<fs::path> cases;
  for (const auto& entry :
       fs::directory_iterator(CATENA_SOURCE_DIR "/tests/config/cases/document")) {
    if (entry.path().extension() == ".json") cases.push_back(entry.path());
  }
  std::sort(cases.begin(), cases.end());
  REQUIRE(cases.size() > 30);
  for (const fs::path& path : cases) {
    CAPTURE(path.filename().string());
    Diagnostics diagnostics;
    const auto value = parse(bytes_of(path), path.filename().string(), {}, diagnostics);
    CHECK(text_of(diagnostics) == bytes_of(fs::path(path).replace_extension(".txt")));
    CHECK((value || !diagnostics.empty()));
  }
}

TEST_CASE("any prefix and any changed byte of a document is safe to parse") {
  const std::string text =
      "\xEF\xBB\xBF{ // c\r\n \"a\\u00e9\": [1.5e3, -0, {\"b\": null}], /*x*/ \"a\": \"ü\" }";
  for (std::size_t i = 0; i <= text.size(); ++i) {
    Diagnostics diagnostics;
    const auto prefix = parse(text.substr(0, i), "f", {}, diagnostics);
    CHECK((prefix || !diagnostics.empty()));
    for (int byte = 0; byte < 256 && i < text.size(); ++byte) {
      std::string changed = text;
      changed[i] = static_cast<char>(byte);
      Diagnostics more;
      const auto value = parse(changed, "f", {}, more);
      if (!value && more.empty())
        FAIL_CHECK("nothing was reported for byte " << byte << " at " << i);
    }
  }
}

TEST_CASE("values have their kind, and say it") {
  const Value root = parsed(R"([null, true, -3, 1.5, "s", [], {}, 18446744073709551615])");
  const auto items = root.items();
  REQUIRE(items.size() == 8);
  CHECK(items[0].kind_name() == "null");
  CHECK(items[1].as_bool());
  CHECK(items[1].kind_name() == "true or false");
  CHECK(items[2].as_integer() == -3);
  CHECK(items[2].as_number() == -3.0);
  CHECK(items[2].kind_name() == "a number");
  CHECK(items[3].kind() == Value::Kind::number);
  CHECK(items[3].as_number() == 1.5);
  CHECK(items[4].as_string() == "s");
  CHECK(items[4].kind_name() == "a string");
  CHECK(items[5].kind_name() == "an array");
  CHECK(items[6].kind_name() == "an object");
  CHECK(items[7].kind() == Value::Kind::number);
  CHECK(items[7].number_text() == "18446744073709551615");
  CHECK_THROWS_AS(items[4].as_bool(), std::bad_variant_access);
}

TEST_CASE("members keep their order, and are found by their key") {
  const Value root = parsed(R"({"b": 1, "a": {"c": "x"}, "": 2})");
  REQUIRE(root.members().size() == 3);
  CHECK(root.members()[0].key == "b");
  CHECK(root.find("a")->find("c")->as_string() == "x");
  CHECK(root.find("")->as_integer() == 2);
  CHECK(root.find("x") == nullptr);
  CHECK(root.find("b")->find("x") == nullptr);
}

TEST_CASE("values know where they stand") {
  const Value root =
      parsed("{\n  \"a/b~\" : [ 10 ,\t{ \"\": \"é\" , \"c\":-1e2} ],\r\n  \"d\": [[]]}");
  CHECK(root.position() == Position{1, 1});
  CHECK(root.pointer().empty());
  const Member& first = root.members()[0];
  CHECK(first.key_position == Position{2, 3});
  CHECK(first.value.position() == Position{2, 12});
  CHECK(first.value.pointer() == "/a~1b~0");
  CHECK(first.value.items()[0].position() == Position{2, 14});
  const Value& object = first.value.items()[1];
  CHECK(object.position() == Position{2, 19});
  CHECK(object.pointer() == "/a~1b~0/1");
  CHECK(object.members()[0].key_position == Position{2, 21});
  CHECK(object.members()[0].value.pointer() == "/a~1b~0/1/");
  CHECK(object.members()[1].key_position == Position{2, 31});
  CHECK(object.members()[1].value.position() == Position{2, 35});
  CHECK(root.find("d")->items()[0].pointer() == "/d/0");
  CHECK(root.find("d")->items()[0].position() == Position{3, 9});
  CHECK(root.file() == "site.json");
  CHECK(root.directory() == "conf");
}

TEST_CASE("a value reports itself, also after the document is gone") {
  Value kept;
  Value object;
  Member member;
  {
    const Value root = parsed("{\"a\":\n  [7]}");
    kept = root.find("a")->items()[0];
    object = root;
    member = root.members()[0];
  }
  CHECK(kept.problem("no").text() == "site.json:2:4: /a/0: no");
  CHECK(object.problem_at_key(member, "unknown").text() == "site.json:1:2: /a: unknown");
  CHECK(Value().problem("no").text() == "no");
}

TEST_CASE("of duplicate keys the first counts") {
  Diagnostics diagnostics;
  const auto root = parse(R"({"a": 1, "a": {"b": 2}, "c": 3})", "f", {}, diagnostics);
  REQUIRE(root);
  CHECK(diagnostics.size() == 1);
  CHECK(root->members().size() == 2);
  CHECK(root->find("a")->as_integer() == 1);
}

TEST_CASE("many keys are no slower each") {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text.append("\"").append(std::to_string(i)).append("\":0,");
  text += "\"x\":1}";
  CHECK(parsed(text).members().size() == 200'001);
}

TEST_CASE("files are read, and relative paths are relative to theirs") {
  const TemporaryDirectory directory;
  const fs::path path = directory.path / "site.json";
  std::ofstream(path) << "{ \"root\": \"webroot\" }";
  Diagnostics diagnostics;
  const auto root = read_file(path, diagnostics);
  REQUIRE(root);
  CHECK(root->file() == path.string());
  CHECK(root->directory() == directory.path);
}

TEST_CASE("files that can't be read say why") {
  const TemporaryDirectory directory;
  const auto reported = [](const fs::path& path) {
    Diagnostics diagnostics;
    CHECK_FALSE(read_file(path, diagnostics));
    return text_of(diagnostics);
  };
  const std::string at = directory.path.string();
  CHECK(reported(directory.path / "none.json") ==
        at + "/none.json: there is no such file; check the path\n");
  CHECK(reported(directory.path) == at + ": is a directory; name the file in it\n");
  CHECK(reported("/dev/zero") == "/dev/zero: is larger than 16 MiB; is it the right file?\n");
  if (::geteuid() != 0) {
    const fs::path secret = directory.path / "secret.json";
    std::ofstream(secret) << "{}";
    ::chmod(secret.c_str(), 0);
    CHECK(reported(secret) ==
          at + "/secret.json: permission denied; let the user that runs the server read it\n");
  }
}

TEST_CASE("a configuration may come through a pipe without a name", "[config]") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const catena::UniqueFd reading(ends[0]);
  std::thread writer([writing = catena::UniqueFd(ends[1])] {
    for (const std::string_view part : {"{\"a\":", " 1}"}) {
      if (::write(writing.get(), part.data(), part.size()) < 0) return;
    }
  });
  Diagnostics diagnostics;
  const auto root = read_file("/proc/self/fd/" + std::to_string(reading.get()), diagnostics);
  writer.join();
  REQUIRE(root);
  CHECK(root->find("a")->as_integer() == 1);
}

TEST_CASE("nobody waits for a pipe that has a name, or reads what is no file", "[config]") {
  const catena::testing::TempDir directory;
  const std::string pipe = (directory / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  Diagnostics diagnostics;
  CHECK_FALSE(read_file(pipe, diagnostics));
  REQUIRE(diagnostics.size() == 1);
  CHECK(diagnostics.all()[0].text() == pipe + ": is no plain file; name one with the text in it");
}
