#include <catena/testing.hpp>
#include <catena/testing/catch.hpp>

using catena::testing::TestChain;

catena::Plugin hello();

TEST_CASE("hello greets the world") {
  TestChain chain;
  chain.add(hello());
  CHECK(chain.get("/").body == "Hello, world!\n");
}

TEST_CASE("hello says what it is told to say") {
  TestChain chain;
  chain.add(hello(), R"({"greeting": "Good morning"})");
  const auto response = chain.get("/anything");
  CHECK(response.status == 200);
  CHECK(response.body == "Good morning, world!\n");
}
