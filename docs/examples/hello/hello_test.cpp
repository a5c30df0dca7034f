#include "catena/testing/test_chain.hpp"
#include "support/catch.hpp"

namespace catena::plugins {
Plugin hello();
}

using catena::testing::TestChain;

TEST_CASE("hello greets the world", "[examples]") {
  TestChain chain;
  chain.add(catena::plugins::hello());
  CHECK(chain.get("/").body == "Hello, world!\n");
}

TEST_CASE("hello says what it is told to say", "[examples]") {
  TestChain chain;
  chain.add(catena::plugins::hello(), R"({"greeting": "Good morning"})");
  const auto response = chain.get("/anything");
  CHECK(response.status == 200);
  CHECK(response.body == "Good morning, world!\n");
}
