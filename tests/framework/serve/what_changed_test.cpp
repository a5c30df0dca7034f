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

TEST_CASE("chains in chains are compared as well", "[what_changed]") {
  const auto routes = [](std::string_view first, std::string_view second) {
    return chain(R"({"plugin": "route", "routes": [{"host": ["a"], "chain": [)" +
                 std::string(first) +
                 R"(]}, {"chain": [{"plugin": "route", "routes": [{"chain": [)" +
                 std::string(second) + "]}]}]}]}");
  };
  const std::string a = R"({"plugin": "a", "token": "secret"})";
  const std::string other_a = R"({"plugin": "a", "token": "other"})";
  const std::string b = R"({"plugin": "b"})";
  CHECK(changes(routes(a, b), routes(other_a, b)) ==
        Lines{"/chain/0/routes/0/chain/0 (a): changed: token"});
  CHECK(changes(routes(b, a), routes(b, other_a)) ==
        Lines{"/chain/0/routes/1/chain/0/routes/0/chain/0 (a): changed: token"});
  CHECK(changes(routes(a, b), routes(b + ", " + a, "")) ==
        Lines{"/chain/0/routes/0/chain/0 (b): added",
              "/chain/0/routes/1/chain/0/routes/0/chain/0 (b): removed"});
}

TEST_CASE("what is different beside a chain is told of the handler that has it", "[what_changed]") {
  const auto route = [](std::string_view first, std::string_view more = "") {
    return chain(R"({"plugin": "route", "routes": [{)" + std::string(first) + "}" +
                 std::string(more) + "]}");
  };
  CHECK(changes(route(R"("host": ["a"], "chain": [{"plugin": "a"}])"),
                route(R"("host": ["b"], "chain": [{"plugin": "a", "x": 1}])")) ==
        Lines{"/chain/0 (route): changed: routes", "/chain/0/routes/0/chain/0 (a): changed: x"});
  CHECK(changes(route(R"("chain": [{"plugin": "a"}])"),
                route(R"("chain": [{"plugin": "a"}])", R"(, {"chain": [{"plugin": "b"}]})")) ==
        Lines{"/chain/0 (route): changed: routes"});
  CHECK(changes(route(R"("chain": [{"plugin": "a"}])"), route(R"("chain": "all")")) ==
        Lines{"/chain/0 (route): changed: routes"});
}
