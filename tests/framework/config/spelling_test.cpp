#include "catena/config/spelling.hpp"

#include <vector>

#include "support/catch.hpp"

using catena::config::nearest;

namespace {

const std::vector<std::string> known{"allow", "names", "static_file", "tls", "a"};

std::string near(std::string_view word) { return std::string(nearest(word, known).value_or("-")); }

}  // namespace

TEST_CASE("the nearest spelling is found") {
  CHECK(near("alow") == "allow");
  CHECK(near("alolw") == "allow");
  CHECK(near("allows") == "allow");
  CHECK(near("Allow") == "allow");
  CHECK(near("statc_file") == "static_file");
  CHECK(near("static-file") == "static_file");
  CHECK(near("staticfiel") == "static_file");
  CHECK(near("tsl") == "tls");
}

TEST_CASE("what is not near is not suggested") {
  CHECK(near("") == "-");
  CHECK(near("b") == "-");
  CHECK(near("timeout") == "-");
  CHECK(near("file") == "-");
  CHECK(near(std::string(1 << 20, 'a')) == "-");
  CHECK_FALSE(nearest("word", {}));
}

TEST_CASE("of several the nearest, of equals the first") {
  CHECK(nearest("format", std::vector<std::string>{"formats", "format"}) == "format");
  CHECK(nearest("max", std::vector<std::string>{"may", "man"}) == "may");
}
