// How a handler takes a connection over, from the client's side and from the log's.

#include <unistd.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "catena/pipeline/upgraded.hpp"
#include "support/captured_output.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"
#include "support/quiet_log.hpp"

using namespace catena;
using namespace catena::testing;

namespace {

/// Says everything back, in capitals, until there is no more.
void shout(Upgraded& connection) {
  std::array<char, 64> buffer;
  for (;;) {
    const IoResult got = connection.read(buffer, Deadline::max());
    if (got.size == 0) return;
    for (char& c : std::span(buffer).first(got.size)) c = static_cast<char>(c - 'a' + 'A');
    if (connection.write({buffer.data(), got.size}).status != IoStatus::ok) return;
  }
}

/// Takes over what asks for it, as a handler of a protocol of its own would.
void protocol(Exchange& exchange, Next&, Response::TakeOver take_over = shout) {
  exchange.response.set_status(Status::switching_protocols);
  exchange.response.headers.set("Upgrade", "shouting");
  exchange.response.upgrade(std::move(take_over));
}

std::string asking(std::string_view line = "GET /talk HTTP/1.1",
                   std::string_view fields = "Connection: upgrade\r\nUpgrade: shouting\r\n") {
  return std::string(line).append("\r\nHost: test\r\n").append(fields).append("\r\n");
}

struct Talk {
  Talk() { chain.add("recorder", std::make_unique<FinishRecorder>(finishes)); }
  template <typename Function>
  explicit Talk(Function function) : Talk() {
    chain.add(function);
  }
  std::vector<Finish> finishes;
  TestChain chain;
};

void answer_protocol(Exchange& exchange, Next& next) { protocol(exchange, next); }

}  // namespace

TEST_CASE("a handler takes the connection over after a 101", "[upgrade]") {
  Talk talk(answer_protocol);
  const std::string output = talk.chain.raw({asking(), "hello", "world"});
  CHECK(without_dates(output) ==
        "HTTP/1.1 101 Switching Protocols\r\nServer: catena\r\nUpgrade: shouting\r\n"
        "Connection: upgrade\r\n\r\nHELLOWORLD");
  REQUIRE(talk.finishes.size() == 1);
  const Sent& sent = talk.finishes[0].sent;
  CHECK(sent.status == Status::switching_protocols);
  CHECK(sent.outcome == Sent::Outcome::complete);
  CHECK(sent.body_bytes == 10);
  CHECK(sent.head_bytes == output.size() - 10);
}

TEST_CASE("what came in one piece with the request is not lost", "[upgrade]") {
  Talk talk(answer_protocol);
  const std::string whole = asking() + "hello" + "get";
  const std::string output = talk.chain.raw({whole});
  CHECK(output.ends_with("\r\n\r\nHELLOGET"));
  CHECK(without_dates(talk.chain.raw(in_bytes(whole))) == without_dates(output));
}

TEST_CASE("after it no request is read: the connection closes", "[upgrade]") {
  Talk talk([](Exchange& exchange, Next& next) {
    protocol(exchange, next, [](Upgraded& connection) { connection.write("bye"); });
  });
  MemoryStream stream({asking() + asking(), asking()});
  talk.chain.serve(stream);
  CHECK(stream.output().ends_with("\r\n\r\nbye"));
  CHECK(stream.finished());
  CHECK(talk.finishes.size() == 1);
}

TEST_CASE("a handler takes a tunnel over after a 2xx to CONNECT", "[upgrade]") {
  Talk talk([](Exchange& exchange, Next&) {
    exchange.response.set_status(Status::ok);
    exchange.response.upgrade(shout);
  });
  const std::string output = talk.chain.raw({asking("CONNECT test:80 HTTP/1.1", ""), "through"});
  CHECK(without_dates(output) == "HTTP/1.1 200 OK\r\nServer: catena\r\n\r\nTHROUGH");
}

TEST_CASE("what can't be handed over is a 500, and the log says why and whose it is", "[upgrade]") {
  struct Case {
    std::string input;
    Status status;
    std::string_view protocol;
    std::string_view reason;
  };
  const std::string body = "Connection: upgrade\r\nUpgrade: shouting\r\nContent-Length: 4\r\n";
  const auto ok = Status::ok;
  const auto switching = Status::switching_protocols;
  const Case one = GENERATE_COPY(
      Case{asking("POST / HTTP/1.1", body) + "four", switching, "shouting",
           "it takes the connection over before the request's body was read to its end"},
      Case{asking("GET / HTTP/1.0"), switching, "shouting", "HTTP/1.0 has no Upgrade"},
      Case{asking("GET / HTTP/1.1", "Upgrade: whispering\r\n"), switching, "shouting",
           "the request does not offer the protocol named in Upgrade"},
      Case{asking("GET / HTTP/1.1", ""), switching, "shouting",
           "the request does not offer the protocol named in Upgrade"},
      Case{asking(), switching, "", "the response does not name its protocol in Upgrade"},
      Case{asking(), ok, "shouting",
           "a connection is taken over with 101, or with a 2xx to CONNECT"},
      Case{asking("CONNECT test:80 HTTP/1.1"), Status::forbidden, "shouting",
           "a connection is taken over with 101, or with a 2xx to CONNECT"});
  CAPTURE(one.reason);
  bool called = false;
  Talk talk([&](Exchange& exchange, Next&) {
    exchange.response.set_status(one.status);
    if (!one.protocol.empty()) exchange.response.headers.set("Upgrade", one.protocol);
    exchange.response.upgrade([&called](Upgraded&) { called = true; });
  });
  std::string log_text;
  std::string output;
  {
    const CapturedOutput log(STDERR_FILENO);
    output = talk.chain.raw({one.input});
    log_text = log.text();
  }
  CHECK(summary(take_responses(output, true)) == "500 close");
  CHECK_FALSE(called);
  CHECK_THAT(log_text, ContainsSubstring("function failed on \""));
  CHECK_THAT(log_text, ContainsSubstring(std::string(one.reason)));
}

TEST_CASE("a 101 from a handler that does not take the connection over is a 500", "[upgrade]") {
  const QuietLog quiet;
  Talk talk([](Exchange& exchange, Next&) {
    exchange.response.set_status(Status::switching_protocols);
    exchange.response.headers.set("Upgrade", "shouting");
  });
  CHECK(summary(talk.chain.exchange(asking())) == "500 close");
}

TEST_CASE("a request's body may be read before the connection is taken over", "[upgrade]") {
  Talk talk([](Exchange& exchange, Next& next) {
    std::array<char, 16> buffer;
    const RequestBody::Read got = exchange.body.read(buffer);
    const std::string text(buffer.data(), got.size);
    protocol(exchange, next, [text](Upgraded& connection) {
      connection.write(text);
      shout(connection);
    });
  });
  const std::string output =
      talk.chain.raw({asking("POST / HTTP/1.1",
                             "Connection: upgrade\r\nUpgrade: shouting\r\nContent-Length: 4\r\n") +
                      "bodyand more"});
  CHECK(output.find("\r\n\r\nbodyAND") != std::string::npos);
}

TEST_CASE("what is thrown while the connection is taken over is named, and cuts it", "[upgrade]") {
  Talk talk;
  talk.chain.add([](Exchange& exchange, Next& next) { next(exchange); });
  class Thrower : public Handler {
   public:
    void handle(Exchange& exchange, Next& next) const override {
      protocol(exchange, next, [](Upgraded& connection) {
        connection.write("half");
        throw std::runtime_error("on purpose");
      });
    }
  };
  talk.chain.add("thrower", std::make_unique<Thrower>());
  MemoryStream stream({asking()});
  std::string log_text;
  {
    const CapturedOutput log(STDERR_FILENO);
    talk.chain.serve(stream);
    log_text = log.text();
  }
  CHECK_THAT(log_text, ContainsSubstring("thrower failed on \"GET /talk HTTP/1.1\": on purpose"));
  CHECK(stream.abandoned());
  REQUIRE(talk.finishes.size() == 1);
  CHECK(talk.finishes[0].sent.outcome == Sent::Outcome::cut);
  CHECK(talk.finishes[0].sent.body_bytes == 4);
}

TEST_CASE("a client that goes away while the connection is taken over is gone", "[upgrade]") {
  Talk talk(answer_protocol);
  const std::string head = talk.chain.raw({asking()});
  talk.finishes.clear();
  MemoryStream stream({asking(), "hello"});
  stream.break_after(head.size() + 3);
  talk.chain.serve(stream);
  REQUIRE(talk.finishes.size() == 1);
  CHECK(talk.finishes[0].sent.outcome == Sent::Outcome::gone);
  CHECK(talk.finishes[0].sent.body_bytes == 3);
}

TEST_CASE("in a dry run nobody takes a connection over", "[upgrade]") {
  bool called = false;
  Talk talk([&called](Exchange& exchange, Next& next) {
    protocol(exchange, next, [&called](Upgraded&) { called = true; });
  });
  talk.chain.dry_run(true);
  CHECK(talk.chain.request("GET", "/", {{"Upgrade", "shouting"}}).status == 101);
  CHECK_FALSE(called);
}

TEST_CASE("whoever took a connection over sees that a stop is wanted", "[upgrade]") {
  Talk talk;
  std::vector<bool> seen;
  talk.chain.add([&](Exchange& exchange, Next& next) {
    protocol(exchange, next, [&](Upgraded& connection) {
      seen.push_back(connection.stop_wanted());
      talk.chain.want_stop();
      seen.push_back(connection.stop_wanted());
    });
  });
  talk.chain.raw({asking()});
  CHECK(seen == std::vector<bool>{false, true});
}

TEST_CASE("an offer that nobody takes up is ignored", "[upgrade]") {
  Talk talk([](Exchange& exchange, Next&) { answer(exchange, "plain"); });
  const auto responses = talk.chain.exchange(asking() + asking());
  CHECK(summary(responses) == "200, 200");
  CHECK_FALSE(responses[0].has("Upgrade"));
}
