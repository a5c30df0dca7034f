#include "catena/serve/connection.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/bare_exchange.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"
#include "support/quiet_log.hpp"

using namespace catena;
using namespace catena::testing;
using Then = MemoryStream::Then;

namespace {

/// Three pieces, of a length that it does not know beforehand.
class Pieces : public BodySource {
 public:
  std::size_t read(std::span<char> into) override {
    constexpr std::array<std::string_view, 3> pieces{"one ", "two ", "three\n"};
    if (at_ == pieces.size()) return 0;
    return pieces[at_++].copy(into.data(), into.size());
  }

 private:
  std::size_t at_ = 0;
};

/// Handlers of every kind, by path.
void site(Exchange& exchange, Next& next) {
  const std::string_view path = exchange.path();
  if (path == "/text") return answer(exchange, "hello\n");
  if (path == "/echo") return echo(exchange);
  if (path == "/ignore") return answer(exchange, "ignored\n");
  if (path == "/none") return exchange.response.set_status(Status::no_content);
  if (path == "/throw") throw std::runtime_error("on purpose");
  if (path == "/http-error") throw HttpError(Status::conflict, "on purpose");
  if (path == "/stream") {
    exchange.response.set_status(Status::ok);
    return exchange.response.body.stream(std::make_unique<Pieces>());
  }
  next(exchange);
}

std::string get(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n\r\n";
}

std::string chunked(std::string_view path, std::string_view body) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body);
}

std::string with_length(std::string_view path, std::string_view body) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

constexpr std::string_view three_chunks = "4\r\nWiki\r\n6;x=\"y\"\r\npedia \r\n3\r\nin \r\n";
constexpr std::string_view last_chunk = "0\r\nTrailer: gone\r\n\r\n";

struct Conversation {
  std::string input;
  std::string expected;  ///< as `summary` writes it
};

std::vector<Conversation> conversations() {
  const std::string whole_chunked = std::string(three_chunks) + std::string(last_chunk);
  return {
      {get("/text") + get("/missing") + get("/none") + get("/stream") + get("/text"),
       "200, 404, 204, 200, 200"},
      {"\r\n" + get("/text") + "\r\n\r\n" + get("/text") + "\r\n", "200, 200"},
      {"GET /text HTTP/1.0\r\n\r\n" + get("/text"), "200 close"},
      {"GET /text HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /text HTTP/1.0\r\n\r\n",
       "200 keep-alive, 200 close"},
      {"GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200 close"},
      {with_length("/echo", "some bytes\r\n\r\n") + get("/text") + chunked("/echo", whole_chunked) +
           get("/text"),
       "200, 200, 200, 200"},
      {with_length("/ignore", "GET /smuggled HTTP/1.1\r\n\r\n") + get("/text") +
           chunked("/ignore", whole_chunked) + get("/text"),
       "200, 200, 200, 200"},
      {with_length("/throw", "body") + get("/http-error") + get("/text"), "500, 409, 200"},
      {chunked("/echo", "4\r\nWiki\r\nx"), "400 close"},
      {chunked("/echo", three_chunks), "404 close"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nfive!", "404 close"},
      {get("/text") + "GET / HTTP/1.1\r\n\r\n" + get("/text"), "200, 400 close"},
      {get("/text") + "GET /te", "200, 400 close"},
      {"GET / HTTP/1.1\nHost: test\n\n", "400 close"},
      {"GET / HTTP/2.0\r\nHost: test\r\n\r\n", "505 close"},
      {get("/text") +
           "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
           "0\r\n\r\n",
       "200, 400 close"},
      {"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "501 close"},
      {"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n" + get("/text"), "404 close"},
      {"GET /text HTTP/1.1\r\nHost: test\r\nExpect: miracles\r\n\r\n", "417 close"},
      {"\x16\x03\x01\x02", "400 close"},
      {"", ""},
      {"\r\n", ""},
  };
}

std::string status_after(std::string_view input, Then then) {
  const QuietLog quiet;
  TestChain chain;
  chain.add(site);
  return summary(take_responses(chain.raw({std::string(input)}, then), true));
}

Settings with_head_limit(std::uint64_t bytes) {
  Settings settings;
  settings.limits.head.count = bytes;
  return settings;
}

/// A GET whose head has exactly that many bytes.
std::string head_of(std::size_t size) {
  std::string head = "GET /text HTTP/1.1\r\nHost: test\r\nX: ";
  head.append(size - head.size() - 4, 'x');
  return head.append("\r\n\r\n");
}

}  // namespace

TEST_CASE("a conversation gets the same answers however its bytes are cut", "[connection]") {
  const QuietLog quiet;
  TestChain chain;
  chain.add(site);
  for (const auto& [input, expected] : conversations()) {
    CAPTURE(input);
    const std::string whole = without_dates(chain.raw({input}));
    CHECK(summary(take_responses(whole, true)) == expected);
    CHECK(without_dates(chain.raw(in_bytes(input))) == whole);
    for (std::size_t cut = 1; cut < input.size(); ++cut) {
      CAPTURE(cut);
      REQUIRE(without_dates(chain.raw({input.substr(0, cut), input.substr(cut)})) == whole);
    }
  }
}

TEST_CASE("what goes over the wire", "[connection]") {
  const QuietLog quiet;
  TestChain chain;
  chain.add(site);
  const std::string output =
      chain.raw({get("/text") + "HEAD /text HTTP/1.1\r\nHost: test\r\n\r\n" +
                 "HEAD /stream HTTP/1.1\r\nHost: test\r\n\r\n" + get("/stream") + get("/none") +
                 "GET /missing HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"});
  CHECK(
      without_dates(output) ==
      "HTTP/1.1 200 OK\r\nServer: catena\r\nContent-Length: 6\r\n\r\nhello\n"
      "HTTP/1.1 200 OK\r\nServer: catena\r\nContent-Length: 6\r\n\r\n"
      "HTTP/1.1 200 OK\r\nServer: catena\r\nTransfer-Encoding: chunked\r\n\r\n"
      "HTTP/1.1 200 OK\r\nServer: catena\r\nTransfer-Encoding: chunked\r\n\r\n"
      "4\r\none \r\n4\r\ntwo \r\n6\r\nthree\n\r\n0\r\n\r\n"
      "HTTP/1.1 204 No Content\r\nServer: catena\r\n\r\n"
      "HTTP/1.1 404 Not Found\r\nServer: catena\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST_CASE("a refusal says why, in text, and without a body to HEAD", "[connection]") {
  TestChain chain;
  chain.add(site);
  CHECK(without_dates(chain.raw({"GET / HTTP/1.1\r\n\r\n"})) ==
        "HTTP/1.1 400 Bad Request\r\nServer: catena\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 33\r\nConnection: close\r\n\r\n"
        "400 Bad Request: Host is missing\n");
  CHECK(
      without_dates(chain.raw({"HEAD / HTTP/1.1\r\n\r\n"})) ==
      "HTTP/1.1 400 Bad Request\r\nServer: catena\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 33\r\nConnection: close\r\n\r\n");
}

TEST_CASE("no handler sees what the parser refused", "[connection]") {
  int seen = 0;
  TestChain chain;
  chain.add([&seen](Exchange&, Next&) { ++seen; });
  chain.exchange("GET / HTTP/1.1\r\n\r\n");
  chain.exchange("GET / HTTP/1.1\r\nHost: test\r\nExpect: miracles\r\n\r\n");
  chain.exchange("nonsense");
  CHECK(seen == 0);
}

TEST_CASE("pipelined requests are answered in their order", "[connection]") {
  TestChain chain;
  chain.add([](Exchange& exchange, Next&) { answer(exchange, exchange.path()); });
  std::string input;
  for (int number = 0; number < 1000; ++number) input += get("/" + std::to_string(number));
  const std::vector<HttpResponse> responses = chain.exchange(input);
  REQUIRE(responses.size() == 1000);
  for (std::size_t number = 0; number < responses.size(); ++number) {
    REQUIRE(responses[number].body == "/" + std::to_string(number));
  }
}

TEST_CASE("pipelined requests with bodies, too, through a buffer that they overflow",
          "[connection]") {
  TestChain chain;
  chain.add(site).settings(with_head_limit(1024));
  std::string input;
  std::string expected;
  for (int number = 0; number < 300; ++number) {
    const std::string body(static_cast<std::size_t>(number) * 7,
                           static_cast<char>('a' + number % 26));
    input += number % 2 == 0 ? with_length("/echo", body) : with_length("/ignore", body);
    expected += number % 2 == 0 ? body : "ignored\n";
  }
  std::string got;
  for (const HttpResponse& response : chain.exchange(input)) got += response.body;
  CHECK(got == expected);
}

TEST_CASE("persistence is what version and Connection say", "[connection]") {
  struct Case {
    std::string_view version;
    std::string_view connection;
    std::string_view answered;  ///< the response's Connection, "" for none
    bool kept;
  };
  const Case test_case =
      GENERATE(Case{"1.1", "", "", true}, Case{"1.1", "keep-alive", "", true},
               Case{"1.1", "close", "close", false}, Case{"1.1", "Close", "close", false},
               Case{"1.1", "keep-alive, close", "close", false}, Case{"1.1", "upgrade", "", true},
               Case{"1.0", "", "close", false}, Case{"1.0", "keep-alive", "keep-alive", true},
               Case{"1.0", "Keep-Alive", "keep-alive", true},
               Case{"1.0", "close, keep-alive", "close", false}, Case{"1.2", "", "", true});
  CAPTURE(test_case.version, test_case.connection);
  std::string request = "GET /text HTTP/" + std::string(test_case.version) + "\r\nHost: test\r\n";
  if (!test_case.connection.empty()) {
    request.append("Connection: ").append(test_case.connection).append("\r\n");
  }
  request.append("\r\n");
  TestChain chain;
  chain.add(site);
  const std::vector<HttpResponse> responses = chain.exchange(request + request);
  CHECK(responses.size() == (test_case.kept ? 2 : 1));
  CHECK(responses.front().header("Connection") == test_case.answered);
}

TEST_CASE("an exception becomes a 500 and leaves the connection as it was", "[connection]") {
  std::vector<Finish> finishes;
  const QuietLog quiet;
  TestChain chain;
  chain.add("recorder", std::make_unique<FinishRecorder>(finishes));
  chain.add([](Exchange& exchange, Next& next) {
    next(exchange);
    exchange.response.headers.set("After", "next");
  });
  chain.add(site);
  const std::vector<HttpResponse> responses =
      chain.exchange(get("/throw") + get("/http-error") + get("/text"));
  REQUIRE(summary(responses) == "500, 409, 200");
  for (const HttpResponse& response : responses) CHECK(response.header("After") == "next");
  REQUIRE(finishes.size() == 3);
  CHECK(finishes[0].failed);
  CHECK(finishes[1].failed);
  CHECK_FALSE(finishes[2].failed);
}

TEST_CASE("calling next twice is a 500 and leaves the connection as it was", "[connection]") {
  const QuietLog quiet;
  TestChain chain;
  chain.add([](Exchange& exchange, Next& next) {
    next(exchange);
    if (exchange.path() == "/twice") next(exchange);
  });
  chain.add([](Exchange& exchange, Next&) { answer(exchange, "once\n"); });
  const std::vector<HttpResponse> responses = chain.exchange(get("/twice") + get("/once"));
  REQUIRE(summary(responses) == "500, 200");
  CHECK(responses[0].body.empty());
  CHECK(responses[1].body == "once\n");
}

TEST_CASE("nothing of one exchange is left in the next", "[connection]") {
  TestChain chain;
  chain.add([](Exchange& exchange, Next&) {
    if (exchange.path() != "/first") return;
    answer(exchange, "text");
    exchange.response.headers.set("X", "y");
    exchange.rewrite("/elsewhere");
  });
  const std::vector<HttpResponse> responses = chain.exchange(get("/first") + get("/second"));
  REQUIRE(summary(responses) == "200, 404");
  CHECK_FALSE(responses[1].has("X"));
  CHECK(responses[1].body.empty());
}

TEST_CASE("a client that stops sending", "[connection]") {
  SECTION("nothing has come: closed without a word") {
    CHECK(status_after("", Then::timeout).empty());
    CHECK(status_after("\r\n", Then::timeout).empty());
    CHECK(status_after("", Then::gone).empty());
    CHECK(status_after(get("/text"), Then::timeout) == "200");
  }
  SECTION("in the head: 408 when it waits, 400 when it has finished") {
    CHECK(status_after("G", Then::timeout) == "408 close");
    CHECK(status_after(get("/text") + "GET /te", Then::timeout) == "200, 408 close");
    CHECK(status_after("GET / HTTP/1.1\r\nHost: te", Then::end) == "400 close");
  }
  SECTION("in a body that a handler reads: its answer, then close") {
    CHECK(status_after(chunked("/echo", three_chunks), Then::timeout) == "408 close");
    CHECK(status_after("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
                       Then::timeout) == "408 close");
  }
  SECTION("in a body that nobody reads: the answer, then close") {
    CHECK(status_after(chunked("/ignore", three_chunks), Then::timeout) == "200");
    CHECK(status_after(chunked("/ignore", three_chunks), Then::gone) == "200");
  }
}

TEST_CASE("the request line of a head that was cut off reaches the log", "[connection]") {
  std::vector<Finish> finishes;
  TestChain chain;
  chain.add("recorder", std::make_unique<FinishRecorder>(finishes));
  for (const std::string_view input :
       {"GET /te", "\r\nGET /text HTTP/1.1\r\nHost", "GET / HTTP/1.1\r\n\r\n", "GET /\x01"}) {
    chain.raw({std::string(input)});
  }
  REQUIRE(finishes.size() == 4);
  CHECK(finishes[0].line == "GET /te");
  CHECK(finishes[1].line == "GET /text HTTP/1.1");
  CHECK(finishes[2].line == "GET / HTTP/1.1");
  CHECK(finishes[3].line == "GET /");
}

TEST_CASE("the time of a head counts from its first byte, idling from the answer before",
          "[connection]") {
  // Keeps the deadline of every read.
  class Clocked : public MemoryStream {
   public:
    using MemoryStream::MemoryStream;
    IoResult read(std::span<char> into, Deadline deadline) override {
      deadlines.push_back(deadline - std::chrono::steady_clock::now());
      return MemoryStream::read(into, deadline);
    }
    std::vector<std::chrono::nanoseconds> deadlines;
  };
  using namespace std::chrono_literals;
  Settings settings;
  settings.timeouts.idle = 1h;
  settings.timeouts.head = 10min;
  TestChain chain;
  chain.add(site).settings(settings);
  Clocked stream({"GET /text", " HTTP/1.1\r\n", "Host: test\r\n\r\n"});
  chain.serve(stream);
  REQUIRE(stream.deadlines.size() == 4);
  CHECK(stream.deadlines[0] > 30min);
  CHECK(stream.deadlines[1] <= 10min);
  CHECK(stream.deadlines[1] > 1min);
  CHECK(stream.deadlines[2] <= stream.deadlines[1]);
  CHECK(stream.deadlines[3] > 30min);
}

TEST_CASE("once the server stops, the exchange under way is the last", "[connection]") {
  Pipeline pipeline;
  std::atomic<bool> stopping{false};
  class Stop : public Handler {
   public:
    explicit Stop(std::atomic<bool>& flag) : flag_(flag) {}
    void handle(Exchange& exchange, Next&) const override {
      if (exchange.path() == "/stop") flag_ = true;
      answer(exchange, exchange.path());
    }

   private:
    std::atomic<bool>& flag_;
  };
  pipeline.add("stop", std::make_unique<Stop>(stopping));
  const Settings settings;
  const Client client{"192.0.2.1", 50'000};
  const Service service{settings, pipeline, nullptr, false};
  const CurrentService current{&service};
  Activity activity;

  MemoryStream stream({get("/first") + get("/stop") + get("/never")});
  Connection(stream, client, current, activity, stopping).serve();
  CHECK(summary(take_responses(stream.output(), true)) == "200, 200 close");

  MemoryStream later({get("/first")});
  Connection(later, client, current, activity, stopping).serve();
  CHECK(later.output().empty());
}

TEST_CASE("a connection takes another service with its next request", "[connection]") {
  class Answer : public Handler {
   public:
    Answer(std::string text, std::function<void()> meanwhile)
        : text_(std::move(text)), meanwhile_(std::move(meanwhile)) {}
    void handle(Exchange& exchange, Next&) const override {
      meanwhile_();
      answer(exchange, text_);
    }

   private:
    std::string text_;
    std::function<void()> meanwhile_;
  };
  Settings before = with_head_limit(512);
  before.name = "before";
  Settings after = with_head_limit(100'000);
  after.name = "after";
  Pipeline old_chain;
  Pipeline new_chain;
  const Service old_service{before, old_chain};
  const Service new_service{after, new_chain};
  CurrentService current{&old_service};
  Activity activity;
  bool old_used = false;
  old_chain.add("old", std::make_unique<Answer>("old", [&] {
                  current = &new_service;
                  old_used = activity.uses(old_service);
                }));
  new_chain.add("new", std::make_unique<Answer>("new", [] {}));
  const Client client{"192.0.2.1", 50'000};
  const std::atomic<bool> stopping{false};
  const std::string large_head =
      "GET / HTTP/1.1\r\nHost: test\r\nX: " + std::string(90'000, 'x') + "\r\n\r\n";

  MemoryStream stream({get("/") + get("/"), large_head});
  Connection(stream, client, current, activity, stopping).serve();
  const auto responses = take_responses(stream.output(), true);
  REQUIRE(responses.size() == 3);
  CHECK(responses[0].body == "old");
  CHECK(responses[0].header("Server") == "before");
  CHECK(responses[1].body == "new");
  CHECK(responses[1].header("Server") == "after");
  CHECK(responses[2].body == "new");
  CHECK(old_used);
  CHECK_FALSE(activity.uses(old_service));
  CHECK_FALSE(activity.uses(new_service));
}

TEST_CASE("a refused client has the time to read why", "[connection]") {
  TestChain chain;
  chain.add(site);
  SECTION("input is left unread: writing ends, and what comes is read and dropped") {
    MemoryStream stream({"nonsense\r\n", std::string(100'000, 'x')});
    chain.serve(stream);
    CHECK(stream.finished());
    std::array<char, 1> rest;
    CHECK(stream.read(rest, {}).status == IoStatus::end);
  }
  SECTION("there is an end to that") {
    MemoryStream stream({"nonsense\r\n", std::string(10'000'000, 'x')});
    chain.serve(stream);
    std::array<char, 1> rest;
    CHECK(stream.read(rest, {}).size == 1);
  }
  SECTION("nothing is left to read: closed at once") {
    MemoryStream stream({"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"});
    chain.serve(stream);
    CHECK_FALSE(stream.finished());
  }
}

TEST_CASE("the limit on the head", "[connection]") {
  TestChain chain;
  chain.add(site);
  const std::string fits = head_of(16 * 1024);
  const std::string too_long = head_of(16 * 1024 + 1);
  SECTION("in one piece, and after another request") {
    CHECK(summary(chain.exchange(fits)) == "200");
    CHECK(summary(chain.exchange(get("/text") + fits + fits)) == "200, 200, 200");
    CHECK(summary(chain.exchange(too_long)) == "431 close");
    CHECK(summary(chain.exchange(head_of(17 * 1024))) == "431 close");
    CHECK(summary(chain.exchange(get("/text") + too_long)) == "200, 431 close");
  }
  SECTION("byte by byte") {
    CHECK(summary(take_responses(chain.raw(in_bytes(fits)), true)) == "200");
    CHECK(summary(take_responses(chain.raw(in_bytes(too_long)), true)) == "431 close");
  }
  SECTION("endless, without an end of line") {
    CHECK(summary(chain.exchange(std::string(1'000'000, 'x'))) == "501 close");
    CHECK(summary(chain.exchange("GET /" + std::string(1'000'000, 'x'))) == "414 close");
    CHECK(summary(chain.exchange("GET / HTTP/1.1\r\n" + std::string(1'000'000, 'x'))) ==
          "431 close");
  }
  SECTION("many fields") {
    std::string fields;
    for (int number = 0; number < 99; ++number) fields += "X: y\r\n";
    const std::string head = "GET /text HTTP/1.1\r\nHost: test\r\n" + fields;
    CHECK(summary(chain.exchange(head + "\r\n")) == "200");
    CHECK(summary(chain.exchange(head + "X: y\r\n\r\n")) == "431 close");
  }
}

TEST_CASE("a chain is told its root and whether the exchange is only tried", "[connection]") {
  const DocumentRoot* root = nullptr;
  bool dry_run = false;
  TestChain chain;
  chain.root("/").dry_run(true).add([&](Exchange& exchange, Next&) {
    root = exchange.root;
    dry_run = exchange.dry_run;
  });
  chain.get("/");
  REQUIRE(root != nullptr);
  CHECK(root->directory() == "/");
  CHECK(dry_run);
}

TEST_CASE("those who hear of a refused request are told that it is only tried", "[connection]") {
  class Listener : public Handler {
   public:
    explicit Listener(std::vector<bool>& heard) : heard_(heard) {}
    void handle(Exchange&, Next&) const override {}
    void finished(const Exchange& exchange, const Sent&) const noexcept override {
      heard_.push_back(exchange.dry_run);
    }

   private:
    std::vector<bool>& heard_;
  };
  std::vector<bool> heard;
  TestChain chain;
  chain.dry_run(true).add("listener", std::make_unique<Listener>(heard));
  chain.exchange("no HTTP\r\n\r\n");
  CHECK(heard == std::vector<bool>{true});
}

TEST_CASE("a handler and its source can ask whether the client has gone", "[connection]") {
  class Asking : public BodySource {
   public:
    Asking(const Exchange& exchange, std::vector<bool>& told) : exchange_(exchange), told_(told) {}
    std::size_t read(std::span<char> into) override {
      told_.push_back(exchange_.client_gone());
      return told_.back() ? 0 : std::string_view("event").copy(into.data(), into.size());
    }

   private:
    const Exchange& exchange_;
    std::vector<bool>& told_;
  };
  std::vector<bool> told;
  TestChain chain;
  chain.add([&told](Exchange& exchange, Next&) {
    told.push_back(exchange.client_gone());
    exchange.response.set_status(Status::ok);
    exchange.response.body.stream(std::make_unique<Asking>(exchange, told));
  });
  MemoryStream stream({get("/")});
  const std::size_t head = 100;
  stream.break_after(head + 1000);
  chain.serve(stream);
  REQUIRE(told.size() > 2);
  CHECK_FALSE(told.front());
  const auto gone = std::find(told.begin(), told.end(), true);
  // Told at most once: either the source asks first, or the write finds out.
  CHECK(std::distance(gone, told.end()) <= 1);
  CHECK(stream.output().size() == head + 1000);

  told.clear();
  MemoryStream vanished({get("/")}, Then::gone);
  chain.serve(vanished);
  CHECK(told == std::vector<bool>{true, true});
}

TEST_CASE("a handler and its source can ask whether a stop is wanted", "[connection]") {
  class Endless : public BodySource {
   public:
    explicit Endless(const Exchange& exchange) : exchange_(exchange) {}
    std::size_t read(std::span<char> into) override {
      return exchange_.stop_wanted() ? 0 : std::string_view("x").copy(into.data(), into.size());
    }

   private:
    const Exchange& exchange_;
  };
  std::vector<bool> told;
  TestChain chain;
  chain.add([&](Exchange& exchange, Next&) {
    told.push_back(exchange.stop_wanted());
    chain.want_stop();
    told.push_back(exchange.stop_wanted());
    exchange.response.set_status(Status::ok);
    exchange.response.body.stream(std::make_unique<Endless>(exchange));
  });
  const auto responses = chain.exchange(get("/") + get("/"));
  CHECK(summary(responses) == "200 close");
  CHECK(told == std::vector<bool>{false, true});
}

TEST_CASE("an exchange without a connection has a client that stays, and no stop", "[connection]") {
  const BareExchange bare;
  CHECK_FALSE(bare.exchange.client_gone());
  CHECK_FALSE(bare.exchange.stop_wanted());
  CHECK_FALSE(bare.exchange.client.tls.has_value());
}

TEST_CASE("a request began when something was noticed of its connection", "[connection]") {
  class Timed : public Handler {
   public:
    explicit Timed(std::vector<std::chrono::steady_clock::time_point>& began) : began_(began) {}
    void handle(Exchange& exchange, Next&) const override {
      began_.push_back(exchange.began);
      answer(exchange, exchange.path());
    }

   private:
    std::vector<std::chrono::steady_clock::time_point>& began_;
  };
  std::vector<std::chrono::steady_clock::time_point> began;
  Pipeline pipeline;
  pipeline.add("timed", std::make_unique<Timed>(began));
  const Settings settings;
  const Client client{"192.0.2.1", 50'000};
  const Service service{settings, pipeline, nullptr, false};
  const CurrentService current{&service};
  const std::atomic<bool> stopping{false};
  Activity activity;
  MemoryStream stream({get("/first") + get("/second")});
  Connection connection(stream, current, stopping);
  const auto now = std::chrono::steady_clock::now();
  const auto noticed = now - std::chrono::seconds(1);
  connection.attach(client, activity, now + std::chrono::hours(1), noticed);
  connection.serve();
  REQUIRE(began.size() == 2);
  CHECK(began[0] == noticed);
  CHECK(began[1] >= now);
}

TEST_CASE("without anybody who listens a connection is idle as long as with one", "[connection]") {
  const bool listens = GENERATE(true, false);
  class Answering : public Handler {
    void handle(Exchange& exchange, Next&) const override { answer(exchange, exchange.path()); }
  };
  Pipeline pipeline;
  pipeline.add("answering", std::make_unique<Answering>(), nullptr, listens);
  const Settings settings;
  const Client client{"192.0.2.1", 50'000};
  const Service service{settings, pipeline, nullptr, false};
  const CurrentService current{&service};
  const std::atomic<bool> stopping{false};
  Activity activity;
  class Patient : public MemoryStream {
   public:
    using MemoryStream::MemoryStream;
    IoResult read(std::span<char> into, Deadline deadline) override {
      const IoResult result = MemoryStream::read(into, deadline);
      return result.status == IoStatus::end ? IoResult{0, IoStatus::blocked} : result;
    }
  };
  Patient stream({get("/first")});
  Connection connection(stream, current, stopping);
  const auto now = std::chrono::steady_clock::now();
  connection.attach(client, activity, now + std::chrono::hours(1), now);
  const std::optional<Deadline> deadline = connection.advance();
  REQUIRE(deadline);
  // A tick may be 10 ms old.
  CHECK(*deadline >= now + settings.timeouts.idle - std::chrono::milliseconds(10));
  CHECK(*deadline <= std::chrono::steady_clock::now() + settings.timeouts.idle);
}
