#include <catena/testing.hpp>
#include <catena/testing/catch.hpp>

using catena::testing::TestChain;

catena::Plugin make_new_plugin();

TEST_CASE("new_plugin greets whoever asks") {
  TestChain chain;
  chain.add(make_new_plugin());
  const auto response = chain.get("/world");
  CHECK(response.status == 200);
  CHECK(response.header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(response.body == "Hello, /world\n");
}

TEST_CASE("new_plugin says what it is told to say") {
  TestChain chain;
  chain.add(make_new_plugin(), R"({"greeting": "Good morning"})");
  CHECK(chain.get("/").body == "Good morning, /\n");
}

TEST_CASE("new_plugin refuses options that it does not know") {
  TestChain chain;
  CHECK_THROWS(chain.add(make_new_plugin(), R"({"greating": "Hello"})"));
}
