#include "catena/serve/what_changed.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

using namespace catena;
using Lines = std::vector<std::string>;

namespace {

Lines changes(std::string_view before, std::string_view after) {
  config::Diagnostics diagnostics;
  const auto a = config::parse(before, "site.json", {}, diagnostics);
  const auto b = config::parse(after, "site.json", {}, diagnostics);
  REQUIRE(diagnostics.empty());
  return what_changed(*a, *b);
}

std::string chain(std::string_view entries) {
  return R"({"chain": [)" + std::string(entries) + "]}";
}

}  // namespace

TEST_CASE("what says the same has not changed", "[what_changed]") {
  CHECK(changes("{}", "{}").empty());
  CHECK(changes(R"({"root": "a", "chain": [{"plugin": "x"}]})",
                "// a comment\n{ \"root\":\"a\", \"chain\": [\n{\"plugin\": \"x\"}]}")
            .empty());
}

TEST_CASE("settings are told with their values", "[what_changed]") {
  CHECK(changes(R"({"server": {"name": "a", "limits": {"body": 1}}, "root": "a"})",
                R"({"server": {"name": "b", "timeouts": {"idle": "1s"}}, "root": "b"})") ==
        Lines{R"(server.name: from "a" to "b")", "server.limits.body: from 1 to not set",
              R"(server.timeouts.idle: from not set to "1s")", R"(root: from "a" to "b")"});
  CHECK(
      changes(R"({"server": {"listen": ["*:1"]}})", R"({"server": {"listen": ["*:1", "*:2"]}})") ==
      Lines{R"(server.listen: from ["*:1"] to ["*:1","*:2"])"});
  CHECK(changes("{}", R"({"expect": [{"request": "/"}]})") == Lines{"expect: changed"});
}

TEST_CASE("handlers are told by place and name, options by name only", "[what_changed]") {
  CHECK(
      changes(chain(R"({"plugin": "a"}, {"plugin": "b", "token": "secret", "same": 1})"),
              chain(R"({"plugin": "a"}, {"plugin": "b", "token": "other", "same": 1, "x": 2})")) ==
      Lines{"/chain/1 (b): changed: token, x"});
  CHECK(changes(chain(R"({"plugin": "a"}, {"plugin": "c"})"),
                chain(R"({"plugin": "a"}, {"plugin": "b"}, {"plugin": "c"})")) ==
        Lines{"/chain/1 (b): added"});
  CHECK(changes(chain(R"({"plugin": "a"}, {"plugin": "b"}, {"plugin": "c"})"),
                chain(R"({"plugin": "a"}, {"plugin": "c", "x": 1})")) ==
        Lines{"/chain/1 (b): removed", "/chain/1 (c): changed: x"});
  CHECK(changes(chain(R"({"plugin": "a"}, {"plugin": "b"})"),
                chain(R"({"plugin": "b"}, {"plugin": "a"})")) ==
        Lines{"/chain/0 (a): removed", "/chain/1 (a): added"});
}
