#include <algorithm>
#include <catena/testing.hpp>
#include <catena/testing/catch.hpp>
#include <chrono>
#include <string>

catena::Plugin stream_lines();

using catena::testing::TestChain;

TEST_CASE("stream_lines streams as many lines as it is told to", "[examples]") {
  TestChain chain;
  chain.add(stream_lines(), R"({"interval": "1ms", "lines": 3})");
  const auto response = chain.get("/");
  CHECK(response.status == 200);
  CHECK(response.header("Transfer-Encoding") == "chunked");
  CHECK(response.complete);
  CHECK(response.body == "line 1\nline 2\nline 3\n");
}

TEST_CASE("stream_lines ends when the client has gone", "[examples]") {
  TestChain chain;
  chain.add(stream_lines(), R"({"interval": "1ms"})");
  catena::MemoryStream stream({"GET / HTTP/1.1\r\nHost: test\r\n\r\n"});
  stream.break_after(1000);
  chain.serve(stream);  // returns
  CHECK(stream.output().size() == 1000);
  CHECK(stream.output().find("line 20\n") != std::string::npos);
}

TEST_CASE("stream_lines ends its response properly when the server wants to stop", "[examples]") {
  TestChain chain;
  chain.add([&chain](catena::Exchange& exchange, catena::Next& next) {
    next(exchange);
    chain.want_stop();
  });
  chain.add(stream_lines(), R"({"interval": "60s"})");
  const auto response = chain.get("/");
  CHECK(response.status == 200);
  CHECK(response.complete);
  CHECK(response.body.empty());
}

TEST_CASE("stream_lines does not stream without end in a dry run", "[examples]") {
  TestChain chain;
  chain.add(stream_lines()).dry_run(true);
  CHECK(chain.get("/").status == 200);
}
