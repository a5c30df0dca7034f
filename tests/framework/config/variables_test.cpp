#include "catena/config/variables.hpp"

#include <map>

#include "support/catch.hpp"

using namespace catena::config;

namespace {

/// The text, or what is wrong with it in angle brackets.
std::string with(std::string_view text) {
  static const std::map<std::string, std::string> environment{
      {"PORT", "8080"}, {"_x1", "y"}, {"EMPTY", ""}, {"NESTED", "${PORT}"}, {"LATIN", "caf\xe9"}};
  Outside outside;
  outside.variable = [](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
  const auto result = with_variables(text, outside);
  const auto* bad = std::get_if<BadVariable>(&result);
  return bad != nullptr ? "<" + bad->message + ">" : std::get<std::string>(result);
}

const std::string forms =
    "expected ${NAME} or ${NAME:-default}, or $${ for the two characters themselves>";

}  // namespace

TEST_CASE("variables stand for their values") {
  CHECK(with("").empty());
  CHECK(with("no variable") == "no variable");
  CHECK(with("${PORT}") == "8080");
  CHECK(with("127.0.0.1:${PORT}/${_x1}${PORT}") == "127.0.0.1:8080/y8080");
  CHECK(with("${EMPTY}").empty());
}

TEST_CASE("a default stands for what is not set or empty") {
  CHECK(with("${NONE:-a b:-c}") == "a b:-c");
  CHECK(with("${NONE:-}").empty());
  CHECK(with("${EMPTY:-x}") == "x");
  CHECK(with("${PORT:-x}") == "8080");
}

TEST_CASE("other signs are left alone, and what was put in place is not looked at") {
  CHECK(with("$PORT $ $$ $1 {x} }") == "$PORT $ $$ $1 {x} }");
  CHECK(with("$${PORT}") == "${PORT}");
  CHECK(with("$$${PORT}") == "$${PORT}");
  CHECK(with("a$${b} ${PORT}") == "a${b} 8080");
  CHECK(with("${PORT}$${PORT}") == "8080${PORT}");
  CHECK(with("${NESTED}") == "${PORT}");
}

TEST_CASE("what is wrong with a variable is said") {
  CHECK(with("x${NONE}") ==
        "<the environment variable NONE is not set; set it, or give a default: ${NONE:-…}>");
  CHECK(with("${PORT") == "<\"${\" without \"}\"; " + forms);
  CHECK(with("${}") == "<\"\" is no name of a variable; " + forms);
  CHECK(with("${1A}") == "<\"1A\" is no name of a variable; " + forms);
  CHECK(with("${PORT-8080}") == "<\"PORT-8080\" is no name of a variable; " + forms);
  CHECK(with("${ PORT }") == "<\" PORT \" is no name of a variable; " + forms);
  CHECK(with("${:-x}") == "<\"\" is no name of a variable; " + forms);
  CHECK(with("${NONE:-${PORT}}") == "<the default of NONE can't hold another ${>");
  CHECK(with("${LATIN}") == "<the environment variable LATIN is not UTF-8 text>");
}
