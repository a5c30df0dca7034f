#include "catena/serve/connection_body.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "catena/net/memory_stream.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"

using namespace catena;
using namespace catena::testing;

namespace {

constexpr std::string_view next_request = "GET /next HTTP/1.1\r\nHost: test\r\n\r\n";

std::string post(std::string_view fields) {
  return "POST /post HTTP/1.1\r\nHost: test\r\n" + std::string(fields) + "\r\n";
}

std::string post_of_length(std::size_t length) {
  return post("Content-Length: " + std::to_string(length) + "\r\n");
}

const std::string chunked_head = post("Transfer-Encoding: chunked\r\n");
const std::string expecting_head = post("Expect: 100-continue\r\nContent-Length: 4\r\n");

std::string chunks(std::size_t total) {
  std::string text;
  for (std::size_t left = total; left > 0;) {
    const std::size_t size = std::min<std::size_t>(left, 1000);
    char line[16];
    std::snprintf(line, sizeof line, "%zx\r\n", size);
    text.append(line).append(size, 'x').append("\r\n");
    left -= size;
  }
  return text.append("0\r\n\r\n");
}

void echo_posts(Exchange& exchange, Next&) {
  if (exchange.request.method == "POST") return echo(exchange);
  answer(exchange, "next");
}

void ignore(Exchange& exchange, Next&) { answer(exchange, "ignored"); }

template <typename Handler>
std::string play(Handler handler, std::deque<std::string> pieces,
                 MemoryStream::Then then = MemoryStream::Then::end) {
  TestChain chain;
  chain.add(handler);
  return chain.raw(std::move(pieces), then);
}

template <typename Handler>
std::string play_summary(Handler handler, std::deque<std::string> pieces,
                         MemoryStream::Then then = MemoryStream::Then::end) {
  return summary(take_responses(play(handler, std::move(pieces), then), true));
}

Settings with_body_limit(std::uint64_t bytes) {
  Settings settings;
  settings.limits.body.count = bytes;
  return settings;
}

constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";

bool begins_with_continue(const std::string& output) {
  return output.substr(0, continue_line.size()) == continue_line;
}

}  // namespace

TEST_CASE("a handler reads a body of any size, then the connection goes on", "[body]") {
  const std::size_t size = GENERATE(std::size_t{0}, std::size_t{1}, std::size_t{8192},
                                    std::size_t{100'000}, std::size_t{1 << 20});
  const std::string content(size, 'x');
  TestChain chain;
  chain.add(echo_posts);
  for (const std::string& request : {post_of_length(size) + content, chunked_head + chunks(size)}) {
    const auto responses = chain.exchange(request + std::string(next_request));
    REQUIRE(summary(responses) == "200, 200");
    CHECK(responses[0].body == content);
    CHECK(responses[1].body == "next");
  }
}

TEST_CASE("the limit on the body holds whatever its framing", "[body]") {
  TestChain chain;
  chain.add(echo_posts).settings(with_body_limit(1000));
  CHECK(summary(chain.exchange(post_of_length(1000) + std::string(1000, 'x'))) == "200");
  CHECK(summary(chain.exchange(chunked_head + chunks(1000))) == "200");
  CHECK(summary(chain.exchange(post_of_length(1001) + std::string(1001, 'x') +
                               std::string(next_request))) == "413 close");
  CHECK(summary(chain.exchange(chunked_head + chunks(1001) + std::string(next_request))) ==
        "413 close");
}

TEST_CASE("a length over the limit is told before a byte is read or asked for", "[body]") {
  TestChain chain;
  chain.add(echo_posts).settings(with_body_limit(3));
  CHECK(summary(take_responses(chain.raw({expecting_head}), true)) == "413 close");
  CHECK_FALSE(begins_with_continue(chain.raw({expecting_head})));
}

TEST_CASE("a handler may raise or lower the limit", "[body]") {
  TestChain chain;
  chain.settings(with_body_limit(10)).add([](Exchange& exchange, Next&) {
    exchange.body.set_limit(exchange.request.headers.has("More") ? 100 : 5);
    echo(exchange);
  });
  CHECK(summary(chain.exchange(post("More: yes\r\nContent-Length: 50\r\n") +
                               std::string(50, 'x'))) == "200");
  CHECK(summary(chain.exchange(post_of_length(6) + std::string(6, 'x'))) == "413 close");
}

TEST_CASE("a body's end is told again when asked again", "[body]") {
  std::vector<RequestBody::State> states;
  const auto read_on = [&states](Exchange& exchange, Next&) {
    states.clear();
    std::array<char, 64> buffer;
    for (int reads = 0; reads < 4; ++reads) states.push_back(exchange.body.read(buffer).state);
    answer(exchange, "read");
  };
  using State = RequestBody::State;
  SECTION("no body") {
    play(read_on, {std::string(next_request)});
    CHECK(states == std::vector(4, State::end));
  }
  SECTION("read whole") {
    play(read_on, {post_of_length(4) + "four"});
    CHECK(states == std::vector(4, State::end));
  }
  SECTION("malformed") {
    play(read_on, {chunked_head + "nonsense"});
    CHECK(states == std::vector(4, State::malformed));
  }
  SECTION("gone") {
    play(read_on, {post_of_length(4) + "fo"}, MemoryStream::Then::gone);
    CHECK(states == std::vector{State::more, State::gone, State::gone, State::gone});
  }
  SECTION("finished by the client before its end") {
    play(read_on, {post_of_length(4) + "fo"});
    CHECK(states == std::vector{State::more, State::gone, State::gone, State::gone});
  }
  SECTION("too slow") {
    play(read_on, {post_of_length(4)}, MemoryStream::Then::timeout);
    CHECK(states == std::vector(4, State::too_slow));
  }
}

TEST_CASE("a buffer of no size reads nothing and does not wait", "[body]") {
  RequestBody::Read got{1, RequestBody::State::gone};
  play([&got](Exchange& exchange, Next&) { got = exchange.body.read({}); },
       {post_of_length(4) + "four"});
  CHECK(got.size == 0);
  CHECK(got.state == RequestBody::State::more);
}

TEST_CASE("what was wrong with a body that was read closes the connection", "[body]") {
  CHECK(play_summary(echo_posts, {chunked_head + "x\r\n" + std::string(next_request)}) ==
        "400 close");
  CHECK(play_summary(echo_posts, {chunked_head + "4\r\nfour!\r\n"}) == "400 close");
  CHECK(play_summary(echo_posts, {chunked_head + "4;\x01\r\n"}) == "400 close");
}

TEST_CASE("100 Continue is sent when a handler reads, and only then", "[body]") {
  SECTION("a handler reads") {
    const std::string output =
        play(echo_posts, {expecting_head, "four" + std::string(next_request)});
    CHECK(begins_with_continue(output));
    CHECK(output.find("100", continue_line.size()) == std::string::npos);
    const auto responses = take_responses(output, true);
    CHECK(summary(responses) == "200, 200");
    CHECK(responses[0].body == "four");
  }
  SECTION("nobody reads: the client will not send, so the connection can't go on") {
    CHECK(play(ignore, {expecting_head}).find("100 Continue") == std::string::npos);
    CHECK(play_summary(ignore, {expecting_head, std::string(next_request)}) == "200 close");
  }
  SECTION("the client has not waited") {
    CHECK_FALSE(begins_with_continue(play(echo_posts, {expecting_head + "four"})));
    CHECK(play_summary(ignore, {expecting_head + "four" + std::string(next_request)}) ==
          "200, 200");
  }
  SECTION("there is no body to wait for") {
    const std::string request = post("Expect: 100-continue\r\nContent-Length: 0\r\n");
    CHECK(play_summary(echo_posts, {request + std::string(next_request)}) == "200, 200");
    CHECK_FALSE(begins_with_continue(play(echo_posts, {request})));
  }
  SECTION("HTTP/1.0 knows no such thing") {
    const std::string output = play(echo_posts, {"POST / HTTP/1.0\r\nExpect: 100-continue\r\n"
                                                 "Content-Length: 4\r\n\r\n",
                                                 "four"});
    CHECK_FALSE(begins_with_continue(output));
    CHECK(summary(take_responses(output, true)) == "200 close");
  }
  SECTION("the client is gone when it is to be sent") {
    TestChain chain;
    RequestBody::State state{};
    chain.add([&state](Exchange& exchange, Next&) {
      std::array<char, 8> buffer;
      state = exchange.body.read(buffer).state;
    });
    MemoryStream stream({expecting_head, "four"});
    stream.break_after(0);
    chain.serve(stream);
    CHECK(state == RequestBody::State::gone);
  }
}

TEST_CASE("an expectation that nobody can meet is 417", "[body]") {
  CHECK(play_summary(ignore, {post("Expect: 200-ok\r\nContent-Length: 4\r\n") + "four" +
                              std::string(next_request)}) == "417 close");
  CHECK(play_summary(ignore, {post("Expect: 100-continue, more\r\nContent-Length: 4\r\n")}) ==
        "417 close");
}

TEST_CASE("a body that nobody read", "[body]") {
  const std::string next(next_request);
  SECTION("is dropped, and the connection goes on") {
    CHECK(play_summary(ignore, {post_of_length(4) + "four" + next}) == "200, 200");
    CHECK(play_summary(ignore, {post_of_length(4), "fo", "ur" + next}) == "200, 200");
    CHECK(play_summary(ignore, {chunked_head + chunks(3000) + next}) == "200, 200");
    CHECK(play_summary(ignore, {chunked_head, chunks(60'000) + next}) == "200, 200");
    CHECK(play_summary(ignore, {post_of_length(64 * 1024), std::string(64 * 1024, 'x') + next}) ==
          "200, 200");
  }
  SECTION("malformed as far as it has come: 400 instead of the answer") {
    CHECK(play_summary(ignore, {chunked_head + "4\r\nfour\r\nx" + next}) == "400 close");
    CHECK(play_summary(ignore, {chunked_head + "-1\r\n"}) == "400 close");
    CHECK(play_summary(ignore, {chunked_head + "4\r\nfour\r\n0\r\nbad trailer\r\n\r\n"}) ==
          "400 close");
  }
  SECTION("malformed when it comes: the answer is out, so closed without another") {
    CHECK(play_summary(ignore, {chunked_head, "4\r\nfour\r\nx" + next}) == "200");
  }
  SECTION("too long to be dropped: closed, and nothing in it is taken for a request") {
    CHECK(play_summary(ignore, {post_of_length(64 * 1024 + 1),
                                std::string(64 * 1024 + 1, 'x') + next}) == "200 close");
    CHECK(play_summary(ignore, {chunked_head, chunks(100'000) + next}) == "200");
    CHECK(play_summary(ignore, {chunked_head + chunks(300'000) + next}) == "200");
    CHECK(play_summary(ignore, {post_of_length(1'000'000'000'000) + next}) == "200 close");
  }
  SECTION("read in part: the rest counts") {
    const auto read_some = [](Exchange& exchange, Next&) {
      std::array<char, 2> buffer;
      exchange.body.read(buffer);
      answer(exchange, {buffer.data(), buffer.size()});
    };
    CHECK(play_summary(read_some, {post_of_length(4) + "four" + next}).substr(0, 8) == "200, 200");
    CHECK(play_summary(read_some, {chunked_head + "4\r\nfour\r\nx"}) == "400 close");
  }
}

TEST_CASE("a 400 for an unread body leaves nothing of the answer", "[body]") {
  std::vector<Finish> finishes;
  TestChain chain;
  chain.add("recorder", std::make_unique<FinishRecorder>(finishes))
      .add([](Exchange& exchange, Next&) {
        answer(exchange, "secret");
        exchange.response.headers.set("X-Secret", "yes");
      });
  const auto responses = chain.exchange(chunked_head + "nonsense");
  REQUIRE(summary(responses) == "400 close");
  CHECK_FALSE(responses[0].has("X-Secret"));
  CHECK(responses[0].body == "400 Bad Request: the request body is malformed\n");
  REQUIRE(finishes.size() == 1);
  CHECK(finishes[0].sent.status == Status::bad_request);
}
