#include "catena/serve/response_sender.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/captured_output.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"
#include "support/quiet_log.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using namespace catena::testing;
using Outcome = Sent::Outcome;

namespace {

/// Gives the text in pieces of at most `step` bytes, then does what it is told.
class TextSource : public BodySource {
 public:
  enum class Then { end, throw_exception, throw_number };
  explicit TextSource(std::string text, std::size_t step = 5, Then then = Then::end)
      : text_(std::move(text)), step_(step), then_(then) {}

  std::size_t read(std::span<char> into) override {
    const std::size_t size =
        std::string_view(text_).substr(at_, step_).copy(into.data(), into.size());
    at_ += size;
    if (size == 0 && then_ == Then::throw_exception) throw std::runtime_error("on purpose");
    if (size == 0 && then_ == Then::throw_number) throw 42;
    return size;
  }

 private:
  std::string text_;
  std::size_t step_;
  Then then_;
  std::size_t at_ = 0;
};

using Fill = std::function<void(Body&)>;

Fill source(std::string text, std::optional<std::uint64_t> size = std::nullopt,
            TextSource::Then then = TextSource::Then::end) {
  return [=](Body& body) { body.stream(std::make_unique<TextSource>(text, 5, then), size); };
}

Fill file(const std::filesystem::path& path, std::uint64_t offset, std::uint64_t size) {
  return [=](Body& body) {
    body.file({UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), offset, size, 0});
  };
}

/// A file in memory, and how many use it.
class Kept : public FileKeeper {
 public:
  explicit Kept(std::string text) : text_(std::move(text)) {}
  OpenFile open() {
    ++users;
    return {*this, text_};
  }
  void release() noexcept override { --users; }

  int users = 0;

 private:
  std::string text_;
};

/// A chain that answers 200 with a body, and what `finished` was told.
struct Site {
  explicit Site(Fill fill) {
    chain.add("recorder", std::make_unique<FinishRecorder>(finishes));
    chain.add([fill = std::move(fill)](Exchange& exchange, Next&) {
      exchange.response.set_status(Status::ok);
      fill(exchange.response.body);
    });
  }

  QuietLog quiet;
  std::vector<Finish> finishes;
  TestChain chain;
};

std::string request(std::string_view method, std::string_view version) {
  return std::string(method) + " / HTTP/" + std::string(version) +
         "\r\nHost: test\r\nConnection: keep-alive\r\n\r\n";
}

std::size_t head_size(const std::string& output) { return output.find("\r\n\r\n") + 4; }

}  // namespace

TEST_CASE("bodies of every kind to every version", "[sender]") {
  const TempDir directory;
  const auto path = directory.write("file", "0123456789");
  const std::string text = "all of the content";
  struct Case {
    std::string_view name;
    Fill fill;
    std::string content;
    bool sized;
  };
  const std::vector<Case> cases{
      {"empty", [](Body&) {}, "", true},
      {"own", [&](Body& body) { body.own(text); }, text, true},
      {"appended",
       [](Body& body) {
         body.append("a");
         body.append("b");
       },
       "ab", true},
      {"borrowed", [](Body& body) { body.borrow("constant"); }, "constant", true},
      {"file", file(path, 0, 10), "0123456789", true},
      {"slice", file(path, 3, 4), "3456", true},
      {"empty slice", file(path, 3, 0), "", true},
      {"source of known length", source(text, text.size()), text, true},
      {"empty source of known length", source("", 0), "", true},
      {"source", source(text), text, false},
      {"empty source", source(""), "", false},
  };
  for (const Case& test_case : cases) {
    CAPTURE(test_case.name);
    for (const std::string_view version : {"1.1", "1.0"}) {
      CAPTURE(version);
      Site site(test_case.fill);
      const bool kept = test_case.sized || version == "1.1";

      const std::string output =
          site.chain.raw({request("GET", version) + request("GET", version)});
      const auto responses = take_responses(output, true);
      REQUIRE(responses.size() == (kept ? 2 : 1));
      REQUIRE(site.finishes.size() == responses.size());
      for (const HttpResponse& response : responses) {
        CHECK(response.status == 200);
        CHECK(response.complete);
        CHECK(response.body == test_case.content);
        CHECK(response.has("Content-Length") == test_case.sized);
        CHECK(response.has("Transfer-Encoding") == (!test_case.sized && version == "1.1"));
      }
      for (const Finish& finish : site.finishes) {
        CHECK(finish.sent.outcome == Outcome::complete);
        CHECK(finish.sent.head_bytes == head_size(output));
        CHECK(finish.sent.body_bytes == test_case.content.size());
      }

      // HEAD: the same head, but for what only the end of the connection could have told.
      site.finishes.clear();
      const std::string heads =
          site.chain.raw({request("HEAD", version) + request("HEAD", version)});
      const auto answers = take_responses(heads, true, {"HEAD", "HEAD"});
      REQUIRE(answers.size() == 2);
      CHECK(answers[0].header("Content-Length") == responses[0].header("Content-Length"));
      CHECK(answers[0].header("Transfer-Encoding") == responses[0].header("Transfer-Encoding"));
      CHECK(heads.size() == 2 * head_size(heads));
      for (const Finish& finish : site.finishes) CHECK(finish.sent.body_bytes == 0);
    }
  }
}

TEST_CASE("statuses without content send none, whatever the body", "[sender]") {
  const Status status = GENERATE(Status::no_content, Status::not_modified);
  TestChain chain;
  chain.add([status](Exchange& exchange, Next&) {
    answer(exchange, "text");
    exchange.response.set_status(status);
  });
  const std::string output = chain.raw({request("GET", "1.1") + request("GET", "1.1")});
  CHECK(output.size() == 2 * head_size(output));
  CHECK(output.find("Content-Length") == std::string::npos);
}

TEST_CASE("a source that fails cuts the connection", "[sender]") {
  const auto then = GENERATE(TextSource::Then::throw_exception, TextSource::Then::throw_number);
  SECTION("chunked: without the last chunk") {
    Site site(source("12345678", std::nullopt, then));
    const auto responses = site.chain.exchange(request("GET", "1.1") + request("GET", "1.1"));
    REQUIRE(responses.size() == 1);
    CHECK(responses[0].body == "12345678");
    CHECK_FALSE(responses[0].complete);
    REQUIRE(site.finishes.size() == 1);
    CHECK(site.finishes[0].sent.outcome == Outcome::cut);
    CHECK(site.finishes[0].sent.body_bytes == 8);
  }
  SECTION("of a known length: short of it") {
    Site site(source("12345678", 10, then));
    const auto responses = site.chain.exchange(request("GET", "1.1") + request("GET", "1.1"));
    REQUIRE(responses.size() == 1);
    CHECK_FALSE(responses[0].complete);
    REQUIRE(site.finishes.size() == 1);
    CHECK(site.finishes[0].sent.outcome == Outcome::cut);
    CHECK(site.finishes[0].sent.body_bytes == 8);
  }
  SECTION("before its first byte: nothing was sent") {
    Site site(source("", std::nullopt, then));
    CHECK(site.chain.raw({request("GET", "1.1")}).empty());
    REQUIRE(site.finishes.size() == 1);
    CHECK(site.finishes[0].sent.outcome == Outcome::cut);
    CHECK(site.finishes[0].sent.head_bytes == 0);
  }
}

TEST_CASE("a source keeps to the length it promised, or is made to", "[sender]") {
  SECTION("it ends early: the connection is cut, nothing is padded") {
    Site site(source("12345", 10));
    const auto responses = site.chain.exchange(request("GET", "1.1") + request("GET", "1.1"));
    REQUIRE(responses.size() == 1);
    CHECK(responses[0].body == "12345");
    CHECK_FALSE(responses[0].complete);
    CHECK(site.finishes.at(0).sent.outcome == Outcome::cut);
  }
  SECTION("it has more: that is not asked for") {
    Site site(source("1234567890", 7));
    const auto responses = site.chain.exchange(request("GET", "1.1") + request("GET", "1.1"));
    REQUIRE(summary(responses) == "200, 200");
    CHECK(responses[0].body == "1234567");
    CHECK(site.finishes.at(0).sent.body_bytes == 7);
  }
}

TEST_CASE("a file shorter than its slice cuts the connection", "[sender]") {
  const TempDir directory;
  const auto path = directory.write("file", "0123456789");
  Site site(file(path, 5, 10));
  const auto responses = site.chain.exchange(request("GET", "1.1") + request("GET", "1.1"));
  REQUIRE(responses.size() == 1);
  CHECK(responses[0].body == "56789");
  CHECK_FALSE(responses[0].complete);
  REQUIRE(site.finishes.size() == 1);
  CHECK(site.finishes[0].sent.outcome == Outcome::cut);
  CHECK(site.finishes[0].sent.body_bytes == 5);
}

TEST_CASE("a file that changes while it is sent cuts the connection", "[sender]") {
  // Changes the file once its first bytes go out.
  class Meddler : public MemoryStream {
   public:
    Meddler(std::string input, std::filesystem::path path)
        : MemoryStream({std::move(input)}), path_(std::move(path)) {}
    IoResult send_file(int fd, std::uint64_t offset, std::size_t size, Pace& pace) override {
      const auto time = std::filesystem::last_write_time(path_);
      std::filesystem::last_write_time(path_, time + std::chrono::seconds(1));
      return MemoryStream::send_file(fd, offset, size, pace);
    }

   private:
    std::filesystem::path path_;
  };
  const TempDir directory;
  const std::string content(2'000'000, 'x');
  const auto path = directory.write("file", content);
  const DocumentRoot root(directory.path());
  Site site([&root](Body& body) {
    Opened opened = root.open("/file");
    body.file({std::move(opened.file), 0, opened.size, opened.modified});
  });
  CHECK(site.chain.get("/").body == content);
  Meddler stream(request("GET", "1.1") + request("GET", "1.1"), path);
  site.chain.serve(stream);
  const auto responses = take_responses(stream.output(), true);
  REQUIRE(responses.size() == 1);
  CHECK_FALSE(responses[0].complete);
  CHECK(site.finishes.back().sent.outcome == Outcome::cut);
}

TEST_CASE("files in memory go out with the head, and are let go of after", "[sender]") {
  Kept kept("0123456789");
  std::uint64_t offset = 0;
  std::uint64_t size = 10;
  Site site([&](Body& body) { body.file({kept.open(), offset, size, 1}); });
  CHECK(site.chain.get("/").body == "0123456789");
  offset = 3;
  size = 4;
  CHECK(site.chain.get("/").body == "3456");
  offset = 10;
  size = 0;
  CHECK(site.chain.get("/").body.empty());
  CHECK(kept.users == 0);
  for (const auto& [beyond, too_much] :
       {std::pair{3U, 8U}, std::pair{10U, 1U}, std::pair{11U, 1U}}) {
    offset = beyond;
    size = too_much;
    CHECK_FALSE(take_responses(site.chain.raw({request("GET", "1.1")}), true).at(0).complete);
    CHECK(site.finishes.back().sent.outcome == Outcome::cut);
  }
  CHECK(kept.users == 0);
}

TEST_CASE("several slices of a file in memory", "[sender]") {
  Kept kept("0123456789");
  std::uint64_t size = 2;
  Site site([&](Body& body) {
    FileParts parts;
    parts.file = kept.open();
    parts.parts = {{"<", 1, 2}, {"><", 8, size}};
    parts.end = ">";
    body.parts(std::move(parts));
  });
  CHECK(site.chain.get("/").body == "<12><89>");
  CHECK(site.finishes.back().sent.body_bytes == 8);
  size = 3;
  CHECK_FALSE(take_responses(site.chain.raw({request("GET", "1.1")}), true).at(0).complete);
  CHECK(site.finishes.back().sent.outcome == Outcome::cut);
  CHECK(kept.users == 0);
}

TEST_CASE("what was sent to a client that goes away is counted to the byte", "[sender]") {
  const TempDir directory;
  const auto path = directory.write("file", "0123456789");
  struct Case {
    std::string_view name;
    Fill fill;
    std::string wire;  ///< the body with its framing
  };
  const std::vector<Case> cases{
      {"text", [](Body& body) { body.own("0123456789"); }, "0123456789"},
      {"file", file(path, 0, 10), "0123456789"},
      {"source of known length", source("0123456789", 10), "0123456789"},
      {"source", source("0123456789"), "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n"},
  };
  for (const Case& test_case : cases) {
    CAPTURE(test_case.name);
    Site site(test_case.fill);
    const std::string whole = site.chain.raw({request("GET", "1.1")});
    const std::size_t head = head_size(whole);
    REQUIRE(whole.substr(head) == test_case.wire);
    for (std::size_t most = 0; most < whole.size(); ++most) {
      CAPTURE(most);
      site.finishes.clear();
      MemoryStream stream({request("GET", "1.1") + request("GET", "1.1")});
      stream.break_after(most);
      site.chain.serve(stream);
      CHECK(stream.output().size() == most);
      REQUIRE(site.finishes.size() == 1);
      const Sent& sent = site.finishes[0].sent;
      CHECK(sent.outcome == Outcome::gone);
      CHECK(sent.head_bytes == std::min(most, head));
      // As a client counts that takes the framing off.
      std::string_view got = stream.output();
      const auto response = take_response(got, false, true);
      CHECK(sent.body_bytes == (response ? response->body.size() : 0));
    }
  }
}

TEST_CASE("finished is called once for every request, with what went out", "[sender]") {
  Site site([](Body& body) { body.own("text"); });
  SECTION("served") {
    const std::string output = site.chain.raw({request("GET", "1.1")});
    REQUIRE(site.finishes.size() == 1);
    const Sent& sent = site.finishes[0].sent;
    CHECK(site.finishes[0].line == "GET / HTTP/1.1");
    CHECK(sent.status == Status::ok);
    CHECK(sent.head_bytes == head_size(output));
    CHECK(sent.body_bytes == 4);
    CHECK(sent.outcome == Outcome::complete);
    CHECK(sent.duration.count() > 0);
  }
  SECTION("refused") {
    const std::string output = site.chain.raw({"GET / HTTP/1.1\r\n\r\n"});
    REQUIRE(site.finishes.size() == 1);
    const Sent& sent = site.finishes[0].sent;
    CHECK(sent.status == Status::bad_request);
    CHECK(sent.head_bytes == head_size(output));
    CHECK(sent.body_bytes == output.size() - head_size(output));
    CHECK(sent.duration.count() > 0);
  }
  SECTION("timed out in the head, and with an expectation that can't be met") {
    site.chain.raw({"GET / HT"}, MemoryStream::Then::timeout);
    site.chain.raw({"GET / HTTP/1.1\r\nHost: test\r\nExpect: more\r\n\r\n"});
    REQUIRE(site.finishes.size() == 2);
    CHECK(site.finishes[0].sent.status == Status::request_timeout);
    CHECK(site.finishes[1].sent.status == Status::expectation_failed);
  }
  SECTION("never begun") {
    site.chain.raw({});
    site.chain.raw({"\r\n"});
    site.chain.raw({}, MemoryStream::Then::timeout);
    CHECK(site.finishes.empty());
  }
}

namespace {

/// Counts what it gives, and tells the count in a trailer field.
class CountedSource : public TextSource {
 public:
  explicit CountedSource(std::string text) : TextSource(std::move(text)) {}
  std::size_t read(std::span<char> into) override {
    const std::size_t size = TextSource::read(into);
    count_ += size;
    return size;
  }
  void trailers(Headers& fields) override {
    fields.set("X-Count", std::to_string(count_));
    fields.set("X-Not-Announced", "yes");
    fields.set("Content-Length", "3");
  }

 private:
  std::size_t count_ = 0;
};

std::string with_trailers(const std::string& version, std::optional<std::uint64_t> size) {
  const QuietLog quiet;
  TestChain chain;
  chain.add([=](Exchange& exchange, Next&) {
    exchange.response.set_status(Status::ok);
    exchange.response.headers.set("Trailer", "X-Count, Content-Length");
    exchange.response.body.stream(std::make_unique<CountedSource>("1234567"), size);
  });
  return chain.raw({request("GET", version)});
}

}  // namespace

TEST_CASE("trailer fields that were announced follow the last chunk", "[sender]") {
  for (const std::optional<std::uint64_t> size : {std::optional<std::uint64_t>(), {7}}) {
    const std::string output = with_trailers("1.1", size);
    CHECK(output.find("\r\nTrailer: X-Count, Content-Length\r\n") != std::string::npos);
    CHECK(output.find("\r\nContent-Length") == std::string::npos);
    CHECK(output.substr(output.find("\r\n\r\n") + 4) ==
          "5\r\n12345\r\n2\r\n67\r\n0\r\nX-Count: 7\r\n\r\n");
  }
  const std::string to_older = with_trailers("1.0", std::nullopt);
  CHECK(to_older.find("Trailer") == std::string::npos);
  CHECK(to_older.substr(to_older.find("\r\n\r\n") + 4) == "1234567");
}

TEST_CASE("a source is asked for more only when what it gave is with the client", "[sender]") {
  class Counted : public BodySource {
   public:
    explicit Counted(std::size_t& given) : given_(given) {}
    std::size_t read(std::span<char> into) override {
      if (given_ >= 1'000'000) return 0;
      std::fill(into.begin(), into.end(), 'x');
      given_ += into.size();
      return into.size();
    }

   private:
    std::size_t& given_;
  };
  // Sees at each write how much the source has given by then, beyond what was written before.
  class Watching : public MemoryStream {
   public:
    Watching(std::string input, const std::size_t& given)
        : MemoryStream({std::move(input)}), given_(given) {}
    IoResult write(std::span<const std::string_view> pieces, bool more, Pace& pace) override {
      std::size_t held = 0;
      for (const std::string_view piece : pieces) held += piece.size();
      ahead = std::max(ahead, given_ - std::min(given_, written_ + held));
      const IoResult result = MemoryStream::write(pieces, more, pace);
      written_ += result.size;
      return result;
    }
    std::size_t ahead = 0;

   private:
    const std::size_t& given_;
    std::size_t written_ = 0;
  };
  for (const std::optional<std::uint64_t> size :
       {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(1'000'000)}) {
    std::size_t given = 0;
    Site site([&given, size](Body& body) { body.stream(std::make_unique<Counted>(given), size); });
    Watching stream(request("GET", "1.1"), given);
    site.chain.serve(stream);
    CHECK(given >= 1'000'000);
    CHECK(stream.ahead == 0);
  }
}

TEST_CASE("the log names the handler whose source fails, and the request", "[sender]") {
  TestChain chain;
  class Streams : public Handler {
   public:
    void handle(Exchange& exchange, Next&) const override {
      exchange.response.set_status(Status::ok);
      exchange.response.body.stream(
          std::make_unique<TextSource>("", 5, TextSource::Then::throw_exception));
    }
  };
  chain.add([](Exchange& exchange, Next& next) { next(exchange); });
  chain.add("streams", std::make_unique<Streams>());
  const CapturedOutput log(STDERR_FILENO);
  CHECK(chain.raw({request("GET", "1.1")}).empty());
  CHECK_THAT(log.text(), ContainsSubstring("streams failed on \"GET / HTTP/1.1\": the source of "
                                           "its body: on purpose\n"));
}
