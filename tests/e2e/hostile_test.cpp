// Clients that mean harm: what they get, that they get it readably, and that others are served
// meanwhile.

#include <poll.h>

#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "e2e/running_server.hpp"
#include "support/catch.hpp"

using namespace catena::testing;
using namespace std::string_literals;

namespace {

/// The default chain over one page, with short timeouts.
class Site {
 public:
  explicit Site(const std::string& more_of_server = "") {
    directory_.write("site/index.html", "home");
    directory_.write("site/large", std::string(16 * 1024 * 1024, 'x'));
    server_ = std::make_unique<RunningServer>(
        RunningServer::with_configuration(
            directory_, R"({"server": {"listen": ["127.0.0.1:0"])" + more_of_server + R"(},
              "root": "site",
              "chain": [{"plugin": "access_log", "format": "json"}, {"plugin": "error_pages"}, {"plugin": "method_filter"},
                        {"plugin": "traversal_guard"}, {"plugin": "index_resolver"},
                        {"plugin": "static_file"}]})"),
        RunningServer::AsConfigured{});
  }
  ~Site() { CHECK(server_->stop() == 0); }

  SocketClient connect() { return server_->connect(); }
  void check_others() { CHECK(connect().get("/").body == "home"); }
  RunningServer& server() { return *server_; }

  /// What a client gets that sends these bytes and then nothing: status and reason of one answer,
  /// which arrives whole, and then the end.
  std::string answer_to(const std::string& bytes) {
    SocketClient client = connect();
    try {
      client.send(bytes);
    } catch (const std::system_error&) {  // refused before all of it was sent
    }
    const HttpResponse response = client.read_response();
    CHECK(response.header("Connection") == "close");
    CHECK(client.at_end());
    check_others();
    return std::to_string(response.status) + " " + response.body;
  }

 private:
  TempDir directory_;
  std::unique_ptr<RunningServer> server_;
};

constexpr const char* short_timeouts = R"(, "timeouts": {"head": "300ms"})";

}  // namespace

TEST_CASE("what is no HTTP is told so, and the connection closed", "[e2e]") {
  Site site;
  const std::string no_http = "400 400 Bad Request: this is no HTTP request\n";
  CHECK(site.answer_to("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s) == no_http);
  CHECK(site.answer_to(std::string(100'000, '\0')) == no_http);
  CHECK(site.answer_to("SSH-2.0-OpenSSH_9.2\r\n").substr(0, 3) == "400");
  CHECK(site.answer_to("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") ==
        "505 505 HTTP Version Not Supported: only HTTP/1.1 and HTTP/1.0 are spoken here\n");
}

TEST_CASE("what has no end is refused at its limit, and the answer arrives", "[e2e]") {
  Site site;
  const std::string megabyte(1024 * 1024, 'a');
  CHECK(site.answer_to(megabyte).substr(0, 3) == "501");
  CHECK(site.answer_to("GET /" + megabyte).substr(0, 3) == "414");
  CHECK(site.answer_to("GET / HTTP/1.1\r\nHost: a\r\nX: " + megabyte).substr(0, 3) == "431");
  CHECK(site.answer_to("GET / HTTP/1.1\r\n" + megabyte).substr(0, 3) == "431");
  std::string fields = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int number = 0; number < 100'000; ++number) fields += "a: b\r\n";
  CHECK(site.answer_to(fields).substr(0, 3) == "431");
}

TEST_CASE("a thousand pipelined requests in one write get a thousand answers", "[e2e]") {
  Site site;
  SocketClient client = site.connect();
  std::string requests;
  for (int number = 0; number < 1000; ++number) requests += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(requests);
  site.check_others();
  for (int number = 0; number < 1000; ++number) REQUIRE(client.read_response().body == "home");
  CHECK(client.get("/").status == 200);
}

TEST_CASE("heads that drip are cut at their deadline, all of them, others served meanwhile",
          "[e2e]") {
  Site site(short_timeouts);
  std::vector<SocketClient> slow;
  for (int number = 0; number < 200; ++number) {
    slow.push_back(site.connect());
    slow.back().send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  }
  // Never silent for long, and never done.
  const auto began = std::chrono::steady_clock::now();
  std::size_t answered = 0;
  while (answered < slow.size()) {
    REQUIRE(std::chrono::steady_clock::now() - began < std::chrono::seconds(20));
    site.check_others();
    answered = 0;
    for (SocketClient& client : slow) {
      pollfd answer{client.fd(), POLLIN, 0};
      if (::poll(&answer, 1, 0) > 0) {
        ++answered;
      } else {
        client.send("x");
      }
    }
  }
  for (SocketClient& client : slow) {
    CHECK(client.read_response().status == 408);
    CHECK(client.at_end());
  }
}

TEST_CASE("a flood of idle connections leaves others served", "[e2e]") {
  Site site;
  std::vector<SocketClient> idle;
  for (int number = 0; number < 500; ++number) idle.push_back(site.connect());
  site.check_others();
  CHECK(idle.back().get("/").body == "home");
  for (SocketClient& client : idle) client.reset();
  site.check_others();
}

TEST_CASE("readers of nothing are cut, others served meanwhile", "[e2e]") {
  Site site(R"(, "timeouts": {"stall": "300ms"})");
  std::vector<SocketClient> stalled;
  for (int number = 0; number < 100; ++number) {
    stalled.push_back(site.connect());
    stalled.back().send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  site.check_others();
  const auto cut = [&site] {
    const std::string log = site.server().process().output();
    std::size_t count = 0;
    for (std::size_t at = 0; (at = log.find("\"too_slow\"", at)) != std::string::npos; ++at)
      ++count;
    return count;
  };
  eventually([&] { return cut() == stalled.size(); });
  for (SocketClient& client : stalled) {
    CHECK(client.read_to_end().size() < 16 * 1024 * 1024);
  }
}

TEST_CASE("a client that shuts its sending side gets its answers", "[e2e]") {
  Site site;
  SocketClient client = site.connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  client.finish_sending();
  CHECK(client.read_response().body == "home");
  CHECK(client.read_response().body.size() == 16 * 1024 * 1024);
  CHECK(client.at_end());
}

TEST_CASE("bodies that nobody wants are answered at once, and cut when they don't end", "[e2e]") {
  Site site(R"(, "timeouts": {"stall": "300ms"})");
  SocketClient client = site.connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
  CHECK(client.read_response().status == 405);
  site.check_others();
  CHECK(client.at_end());
}
