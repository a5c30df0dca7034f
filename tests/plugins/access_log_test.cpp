#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>

#include "catena/config/document.hpp"
#include "catena/plugin/plugin.hpp"
#include "catena/plugin/registry.hpp"
#include "support/captured_output.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

namespace catena::plugins {
Plugin access_log();
}

using namespace catena;
using namespace std::chrono_literals;
using testing::TempDir;

namespace {

class NoBody : public RequestBody {
 public:
  Read read(std::span<char>) override { return {0, State::end}; }
  void set_limit(std::uint64_t) override {}
};

/// An exchange that is over, and how it went out.
struct Finished {
  Finished() {
    client.address = "192.0.2.1";
    request.line = "GET /a?b HTTP/1.1";
    request.method = "GET";
    request.target.raw = "/a?b";
    sent.status = Status::ok;
    sent.head_bytes = 120;
    sent.body_bytes = 2326;
    sent.duration = 1234567ns;
  }

  NoBody body;
  Client client;
  Request request;
  Sent sent;
  bool dry_run = false;
};

std::unique_ptr<Handler> make(const TempDir& directory, const std::string& options) {
  config::Diagnostics diagnostics;
  const auto entry = config::parse(options, "site.json", directory.path(), diagnostics);
  REQUIRE(entry);
  const Registry registry;
  ChainBuilder builder(registry, diagnostics, false);
  auto handler = plugins::access_log().make(*entry, builder);
  REQUIRE(diagnostics.empty());
  REQUIRE(handler);
  return handler;
}

void tell(const Handler& handler, const Finished& over) {
  NoBody body;
  Exchange exchange(over.request, body, over.client);
  exchange.dry_run = over.dry_run;
  handler.finished(exchange, over.sent);
}

/// A time with 0 for every digit and Aaa for the month.
std::string shape_of(std::string text) {
  for (char& c : text) {
    if (c >= '0' && c <= '9') c = '0';
    if (c == '-' && &c == &text[text.size() - 5]) c = '+';
  }
  const bool has_month = text.size() > 6 && text[3] >= 'A' && text[3] <= 'Z';
  return has_month ? text.replace(3, 3, "Aaa") : text;
}

/// What the log of that format says about one exchange, its time replaced by TIME.
std::string logged(const std::string& format, const Finished& over) {
  const TempDir directory;
  const auto handler = make(directory, R"({"format": ")" + format + R"(", "file": "log"})");
  handler->start();
  tell(*handler, over);
  handler->stop();
  std::string text = testing::read_file(directory / "log");
  if (text.empty()) return text;
  const bool json = format == "json";
  const std::string_view shape = json ? "0000-00-00T00:00:00.000Z" : "00/Aaa/0000:00:00:00 +0000";
  const std::size_t at = json ? 9 : text.find('[') + 1;
  CHECK(shape_of(text.substr(at, shape.size())) == shape);
  text.replace(at, shape.size(), "TIME");
  return text;
}

/// The local time zone for a while.
class TimeZone {
 public:
  explicit TimeZone(const char* name) {
    if (const char* const before = std::getenv("TZ")) before_ = before;
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~TimeZone() {
    if (before_.empty()) {
      ::unsetenv("TZ");
    } else {
      ::setenv("TZ", before_.c_str(), 1);
    }
    ::tzset();
  }

 private:
  std::string before_;
};

}  // namespace

TEST_CASE("access_log writes the Common Log Format") {
  Finished over;
  CHECK(logged("common", over) == "192.0.2.1 - - [TIME] \"GET /a?b HTTP/1.1\" 200 2326\n");
  SECTION("no bytes are a hyphen") {
    over.sent.body_bytes = 0;
    over.sent.status = Status::not_modified;
    CHECK(logged("common", over) == "192.0.2.1 - - [TIME] \"GET /a?b HTTP/1.1\" 304 -\n");
  }
  SECTION("a request that was refused shows what came of its line") {
    over.request = {};
    over.request.line = "GET  /\x16\x03";
    over.sent.status = Status::bad_request;
    CHECK(logged("common", over) == "192.0.2.1 - - [TIME] \"GET  /\\x16\\x03\" 400 2326\n");
  }
  SECTION("one of which nothing came is a hyphen") {
    over.request = {};
    over.sent.status = Status::request_timeout;
    CHECK(logged("common", over) == "192.0.2.1 - - [TIME] \"-\" 408 2326\n");
  }
}

TEST_CASE("access_log writes the combined format") {
  Finished over;
  CHECK(logged("combined", over) ==
        "192.0.2.1 - - [TIME] \"GET /a?b HTTP/1.1\" 200 2326 \"-\" \"-\"\n");
  over.request.headers.append({"referer", "http://example.com/start"});
  over.request.headers.append({"User-Agent", "Mozilla/5.0 (X11)"});
  CHECK(logged("combined", over) ==
        "192.0.2.1 - - [TIME] \"GET /a?b HTTP/1.1\" 200 2326 \"http://example.com/start\" "
        "\"Mozilla/5.0 (X11)\"\n");
}

TEST_CASE("access_log writes a JSON object a line") {
  Finished over;
  CHECK(logged("json", over) ==
        R"({"time":"TIME","client":"192.0.2.1","method":"GET","target":"/a?b",)"
        R"("protocol":"HTTP/1.1","status":200,"bytes":2326,"head_bytes":120,"duration_ms":1.234,)"
        R"("outcome":"complete","referer":null,"user_agent":null})"
        "\n");
  SECTION("fields, version and outcome") {
    over.request.headers.append({"Referer", ""});
    over.request.headers.append({"User-Agent", "curl/8"});
    over.request.version = Version::http_1_0;
    over.sent.outcome = Sent::Outcome::too_slow;
    over.sent.duration = 61s + 7us;
    CHECK(logged("json", over) ==
          R"({"time":"TIME","client":"192.0.2.1","method":"GET","target":"/a?b",)"
          R"("protocol":"HTTP/1.0","status":200,"bytes":2326,"head_bytes":120,)"
          R"("duration_ms":61000.007,"outcome":"too_slow","referer":"","user_agent":"curl/8"})"
          "\n");
  }
  SECTION("a request that was refused shows its line instead") {
    over.request = {};
    over.request.line = "\"\xff";
    over.sent.status = Status::bad_request;
    over.sent.outcome = Sent::Outcome::gone;
    CHECK(logged("json", over) ==
          R"({"time":"TIME","client":"192.0.2.1","line":"\"\u00ff","status":400,"bytes":2326,)"
          R"("head_bytes":120,"duration_ms":1.234,"outcome":"gone","referer":null,)"
          R"("user_agent":null})"
          "\n");
  }
}

TEST_CASE("access_log has the clock looked at only for a format that shows durations") {
  const TempDir directory;
  CHECK_FALSE(make(directory, "{}")->wants_duration());
  CHECK_FALSE(make(directory, R"({"format": "combined"})")->wants_duration());
  CHECK(make(directory, R"({"format": "json"})")->wants_duration());
}

TEST_CASE("nothing that a client sends can forge a line of access_log") {
  Finished over;
  over.request.line = "GET /\"x\" HTTP/1.1";
  over.request.headers.append({"Referer", "\\\" 200 1\r\n192.0.2.9 - - "});
  over.request.headers.append({"User-Agent", "\x7f\x80\xc3\xa9\x1b[2J\t"});
  CHECK(logged("combined", over) ==
        R"(192.0.2.1 - - [TIME] "GET /\"x\" HTTP/1.1" 200 2326 )"
        R"("\\\" 200 1\x0d\x0a192.0.2.9 - - " "\x7f\x80\xc3\xa9\x1b[2J\x09")"
        "\n");
  CHECK_THAT(logged("json", over),
             ContainsSubstring(R"("referer":"\\\" 200 1\u000d\u000a192.0.2.9 - - ",)"
                               "\"user_agent\":\"\\u007f\\u0080\xc3\xa9\\u001b[2J\\u0009\"}\n"));
}

TEST_CASE("access_log keeps long fields whole") {
  Finished over;
  const std::string agent(15000, '\xff');
  over.request.headers.append({"User-Agent", agent});
  CHECK(logged("combined", over).size() > 4 * agent.size());
  CHECK(logged("common", over) == "192.0.2.1 - - [TIME] \"GET /a?b HTTP/1.1\" 200 2326\n");
}

TEST_CASE("access_log tells when the request came, in the local time zone or as UTC") {
  const TimeZone zone("XYZ3:30");  // POSIX: 3 h 30 min behind UTC
  Finished over;
  over.sent.duration = std::chrono::hours(24 * 365 * 10);  // no other test has this second in store
  const TempDir directory;
  const auto common = make(directory, R"({"file": "common"})");
  const auto json = make(directory, R"({"file": "json", "format": "json"})");
  common->start();
  json->start();
  const std::time_t earliest = std::time(nullptr) - 10L * 365 * 24 * 3600 - 1;
  tell(*common, over);
  tell(*json, over);
  const std::time_t latest = std::time(nullptr) - 10L * 365 * 24 * 3600 + 1;
  common->stop();
  json->stop();

  const auto parsed = [](const std::string& text, const char* format) {
    std::tm parts{};
    REQUIRE(::strptime(text.c_str(), format, &parts) != nullptr);
    return ::timegm(&parts);
  };
  const std::string common_line = testing::read_file(directory / "common");
  const std::string common_time = common_line.substr(common_line.find('[') + 1, 26);
  CHECK(common_time.substr(20) == " -0330");
  const std::time_t local = parsed(common_time, "%d/%b/%Y:%H:%M:%S");
  CHECK(local + 12600 >= earliest);
  CHECK(local + 12600 <= latest);
  const std::string json_line = testing::read_file(directory / "json");
  const std::time_t utc = parsed(json_line.substr(9, 19), "%Y-%m-%dT%H:%M:%S");
  CHECK(utc >= earliest);
  CHECK(utc <= latest);
}

TEST_CASE("access_log writes nothing about an exchange that is only tried") {
  Finished over;
  over.dry_run = true;
  CHECK(logged("common", over).empty());
  SECTION("nor before it was started") {
    const TempDir directory;
    const auto handler = make(directory, R"({"file": "log"})");
    tell(*handler, Finished());
    CHECK_FALSE(exists(directory / "log"));
  }
}

TEST_CASE("access_log writes to standard output unless told otherwise") {
  const TempDir directory;
  const std::string options = GENERATE("{}", R"({"file": "-"})");
  const CapturedOutput output(STDOUT_FILENO);
  const auto handler = make(directory, options);
  handler->start();
  tell(*handler, Finished());
  handler->stop();
  CHECK_THAT(output.text(), ContainsSubstring("\"GET /a?b HTTP/1.1\" 200 2326\n"));
  CHECK_FALSE(exists(directory / "-"));
}

TEST_CASE("access_log does not start without its file") {
  const TempDir directory;
  const auto handler = make(directory, R"({"file": "none/log"})");
  CHECK_THROWS_WITH(handler->start(), "can't open the file " + (directory / "none/log").string() +
                                          ": No such file or directory");
}

TEST_CASE("access_log lets a chain go on while nobody reads its FIFO") {
  const CapturedOutput log(STDERR_FILENO);
  const TempDir directory;
  REQUIRE(::mkfifo((directory / "log").c_str(), 0600) == 0);
  const auto handler = make(directory, R"({"file": "log"})");
  handler->start();
  Finished over;
  const std::string line(1000, 'x');
  over.request.line = line;
  for (int time = 0; time < 4000; ++time) tell(*handler, over);
  const auto start = std::chrono::steady_clock::now();
  handler->stop();
  CHECK(std::chrono::steady_clock::now() - start < 10s);
  CHECK_THAT(log.text(),
             ContainsSubstring("lines lost, because the file " + (directory / "log").string() +
                               " could not take them in time\n"));
}
