#include <catena/http/date.hpp>
#include <catena/http/response_writer.hpp>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "support/catch.hpp"

namespace {

using namespace std::string_view_literals;
using namespace catena;
using Kind = Framing::Kind;

class NoContent : public BodySource {
 public:
  std::size_t read(std::span<char>) override { return 0; }
};

Request a_request(std::string_view method = "GET", Version version = Version::http_1_1) {
  Request request;
  request.method = method;
  request.version = version;
  return request;
}

struct Head {
  std::string text;  // with "Date: *" for the Date, once that is known to be now
  Framing framing;
};

Head head_of(const Request& request, const Response& response, bool keep_alive = true,
             std::string_view server = {}) {
  Head head;
  head.text = "before|";
  head.framing = append_head(head.text, request, response, keep_alive, server);
  REQUIRE(head.text.substr(0, 7) == "before|");
  head.text.erase(0, 7);
  const std::size_t date = head.text.find("\r\nDate: ") + 8;
  REQUIRE(date != std::string::npos + 8);
  const std::size_t end = head.text.find("\r\n", date);
  REQUIRE(parse_http_date(std::string_view(head.text).substr(date, end - date)));
  head.text.replace(date, end - date, "*");
  CHECK(head.text.find("\r\nDate:", date) == std::string::npos);
  return head;
}

enum class Content { none, text, unknown };

void fill(Response& response, Content content) {
  if (content == Content::text) response.body.own("hello");
  if (content == Content::unknown) response.body.stream(std::make_unique<NoContent>());
}

struct Case {
  std::string_view method;
  Version version;
  int status;
  Content content;
  Kind kind;
  bool keep_alive;          // of what could be kept alive
  std::string_view fields;  // behind Date
};

constexpr Version k10 = Version::http_1_0;
constexpr Version k11 = Version::http_1_1;
constexpr std::string_view kKeep10 = "Connection: keep-alive\r\n";
constexpr std::string_view kLength0 = "Content-Length: 0\r\n";
constexpr std::string_view kLength5 = "Content-Length: 5\r\n";
constexpr std::string_view kLength5Keep10 = "Content-Length: 5\r\nConnection: keep-alive\r\n";
constexpr std::string_view kLength0Keep10 = "Content-Length: 0\r\nConnection: keep-alive\r\n";
constexpr std::string_view kChunked = "Transfer-Encoding: chunked\r\n";
constexpr std::string_view kClose = "Connection: close\r\n";

// RFC 9112 sections 6.1 to 6.3 and 9.3; RFC 9110 sections 8.6, 9.3.2, 15.3.5, 15.3.6 and 15.4.5.
constexpr Case kCases[] = {
    {"GET", k11, 200, Content::none, Kind::length, true, kLength0},
    {"GET", k11, 200, Content::text, Kind::length, true, kLength5},
    {"GET", k11, 200, Content::unknown, Kind::chunked, true, kChunked},
    {"GET", k10, 200, Content::none, Kind::length, true, kLength0Keep10},
    {"GET", k10, 200, Content::text, Kind::length, true, kLength5Keep10},
    {"GET", k10, 200, Content::unknown, Kind::close, false, kClose},
    {"POST", k11, 404, Content::none, Kind::length, true, kLength0},
    {"POST", k11, 500, Content::text, Kind::length, true, kLength5},
    {"", k11, 400, Content::text, Kind::length, true, kLength5},  // refused before its method

    {"HEAD", k11, 200, Content::none, Kind::none, true, kLength0},
    {"HEAD", k11, 200, Content::text, Kind::none, true, kLength5},
    {"HEAD", k11, 200, Content::unknown, Kind::none, true, kChunked},
    {"HEAD", k11, 404, Content::text, Kind::none, true, kLength5},
    {"HEAD", k10, 200, Content::text, Kind::none, true, kLength5Keep10},
    {"HEAD", k10, 200, Content::unknown, Kind::none, true, kKeep10},
    {"head", k11, 200, Content::text, Kind::length, true, kLength5},  // methods have case

    {"GET", k11, 204, Content::none, Kind::none, true, ""},
    {"GET", k11, 204, Content::text, Kind::none, true, ""},
    {"GET", k11, 204, Content::unknown, Kind::none, true, ""},
    {"GET", k10, 204, Content::unknown, Kind::none, true, kKeep10},
    {"HEAD", k11, 204, Content::none, Kind::none, true, ""},
    {"GET", k11, 205, Content::none, Kind::none, true, kLength0},
    {"GET", k11, 205, Content::text, Kind::none, true, kLength0},
    {"GET", k11, 205, Content::unknown, Kind::none, true, kLength0},
    {"GET", k10, 205, Content::unknown, Kind::none, true, kLength0Keep10},
    {"GET", k11, 304, Content::none, Kind::none, true, ""},
    {"GET", k11, 304, Content::text, Kind::none, true, ""},
    {"GET", k11, 304, Content::unknown, Kind::none, true, ""},
    {"HEAD", k11, 304, Content::text, Kind::none, true, ""},
    {"GET", k10, 304, Content::text, Kind::none, true, kKeep10},
    {"GET", k11, 101, Content::text, Kind::none, true, ""},
    {"GET", k11, 199, Content::unknown, Kind::none, true, ""},
};

}  // namespace

TEST_CASE("how a response is framed", "[http][response_writer]") {
  for (const Case& c : kCases) {
    CAPTURE(std::string(c.method), static_cast<int>(c.version), c.status,
            static_cast<int>(c.content));
    Response response;
    response.set_status(static_cast<Status>(c.status));
    fill(response, c.content);
    const Head head = head_of(a_request(c.method, c.version), response);
    CHECK(head.framing.kind == c.kind);
    CHECK(head.framing.keep_alive == c.keep_alive);
    const std::size_t line_end = head.text.find("\r\n");
    CHECK(head.text.substr(line_end) == "\r\nDate: *\r\n" + std::string(c.fields) + "\r\n");
  }
}

TEST_CASE("a status line has any code that a handler chooses", "[http][response_writer]") {
  const auto line_of = [](int code) {
    Response response;
    response.set_status(static_cast<Status>(code));
    const Head head = head_of(a_request("GET", k11), response);
    return head.text.substr(0, head.text.find("\r\n"));
  };
  CHECK(line_of(200) == "HTTP/1.1 200 OK");
  CHECK(line_of(404) == "HTTP/1.1 404 Not Found");
  for (const int code : {100, 299, 599, 600, 999}) {
    CHECK(line_of(code) == "HTTP/1.1 " + std::to_string(code) + " " +
                               std::string(reason_phrase(static_cast<Status>(code))));
  }
}

TEST_CASE("a connection that can't go on says so, whatever is sent", "[http][response_writer]") {
  for (const Case& c : kCases) {
    CAPTURE(std::string(c.method), static_cast<int>(c.version), c.status,
            static_cast<int>(c.content));
    Response response;
    response.set_status(static_cast<Status>(c.status));
    fill(response, c.content);
    const Head head = head_of(a_request(c.method, c.version), response, false);
    CHECK(head.framing.kind == c.kind);
    CHECK_FALSE(head.framing.keep_alive);
    CHECK(head.text.find("\r\nConnection: close\r\n") != std::string::npos);
    CHECK(head.text.find("keep-alive") == std::string::npos);
  }
}

TEST_CASE("a whole head", "[http][response_writer]") {
  Response response;
  response.set_status(Status::ok);
  response.headers.add("Content-Type", "text/plain");
  response.headers.add("Set-Cookie", "a=1");
  response.headers.add("Set-Cookie", "b=2");
  response.headers.add("X-Empty", "");
  response.body.own("hello");
  CHECK(head_of(a_request(), response, true, "catena").text ==
        "HTTP/1.1 200 OK\r\n"
        "Date: *\r\n"
        "Server: catena\r\n"
        "Content-Type: text/plain\r\n"
        "Set-Cookie: a=1\r\n"
        "Set-Cookie: b=2\r\n"
        "X-Empty: \r\n"
        "Content-Length: 5\r\n"
        "\r\n");
}

TEST_CASE("the version is always the server's own (RFC 9110 section 6.2)",
          "[http][response_writer]") {
  Response response;
  response.set_status(Status::ok);
  CHECK(head_of(a_request("GET", Version::http_1_0), response).text.substr(0, 17) ==
        "HTTP/1.1 200 OK\r\n");
}

TEST_CASE("without a reason phrase, the space before it stays (RFC 9112 section 4)",
          "[http][response_writer]") {
  Response response;
  for (const int code : {299, 418, 599, 999}) {
    response.set_status(static_cast<Status>(code));
    CHECK(head_of(a_request(), response).text.substr(0, 15) ==
          "HTTP/1.1 " + std::to_string(code) + " \r\n");
  }
}

TEST_CASE("an untouched response is a 404", "[http][response_writer]") {
  CHECK(head_of(a_request(), Response{}).text ==
        "HTTP/1.1 404 Not Found\r\nDate: *\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("what is the writer's is never sent twice, or wrongly", "[http][response_writer]") {
  for (const Case& c : kCases) {
    CAPTURE(std::string(c.method), static_cast<int>(c.version), c.status,
            static_cast<int>(c.content));
    Response plain;
    Response loud;
    for (Response* response : {&plain, &loud}) {
      response->set_status(static_cast<Status>(c.status));
      fill(*response, c.content);
    }
    loud.headers.add("Content-Length", "99");
    loud.headers.add("content-length", "98");
    loud.headers.add("Transfer-Encoding", "gzip, chunked");
    loud.headers.add("CONNECTION", "upgrade");
    loud.headers.add("Keep-Alive", "timeout=5");
    loud.headers.add("date", "Thu, 01 Jan 1970 00:00:00 GMT");
    const Request request = a_request(c.method, c.version);
    CHECK(head_of(request, loud).text == head_of(request, plain).text);
  }
}

TEST_CASE("fields that only resemble the writer's are sent", "[http][response_writer]") {
  Response response;
  for (const auto name : {"Content-Length-Hint"sv, "X-Date"sv, "Connections"sv, "Dat"sv,
                          "Content-Encoding"sv, "Keep-Alive-Since"sv}) {
    response.headers.add(name, "x");
  }
  const std::string head = head_of(a_request(), response).text;
  for (const Field field : response.headers) {
    CHECK(head.find("\r\n" + std::string(field.name) + ": x\r\n") != std::string::npos);
  }
}

TEST_CASE("Server is left out, given, or a handler's", "[http][response_writer]") {
  Response response;
  CHECK(head_of(a_request(), response).text.find("Server") == std::string::npos);
  CHECK(head_of(a_request(), response, true, "catena").text.find("\r\nServer: catena\r\n") !=
        std::string::npos);

  response.headers.set("server", "mine");
  for (const auto given : {""sv, "catena"sv}) {
    const std::string head = head_of(a_request(), response, true, given).text;
    CHECK(head.find("\r\nserver: mine\r\n") != std::string::npos);
    CHECK(head.find("Server: ") == std::string::npos);
  }
}

TEST_CASE("the largest length is written whole", "[http][response_writer]") {
  Response response;
  response.set_status(Status::ok);
  response.body.stream(std::make_unique<NoContent>(), UINT64_MAX);
  CHECK(head_of(a_request(), response).text.find("Content-Length: 18446744073709551615\r\n") !=
        std::string::npos);
}

TEST_CASE("trailer fields are announced only where they can follow", "[http][response_writer]") {
  const auto announcing = [](Version version, int status, Content content,
                             std::string_view method) {
    Response response;
    response.set_status(static_cast<Status>(status));
    response.headers.set("Trailer", "Digest");
    fill(response, content);
    return head_of(a_request(method, version), response);
  };
  const auto announced = [](const Head& head) {
    return head.text.find("\r\nTrailer: Digest\r\n") != std::string::npos;
  };
  CHECK(announced(announcing(k11, 200, Content::unknown, "GET")));
  CHECK(announced(announcing(k11, 200, Content::unknown, "HEAD")));
  CHECK_FALSE(announced(announcing(k10, 200, Content::unknown, "GET")));
  CHECK_FALSE(announced(announcing(k11, 200, Content::text, "GET")));
  CHECK_FALSE(announced(announcing(k11, 200, Content::none, "GET")));
  for (const int status : {204, 205, 304}) {
    CHECK_FALSE(announced(announcing(k11, status, Content::unknown, "GET")));
  }
}

TEST_CASE("a source of known length is chunked where trailer fields follow",
          "[http][response_writer]") {
  Response response;
  response.set_status(Status::ok);
  response.headers.set("Trailer", "Digest");
  response.body.stream(std::make_unique<NoContent>(), 5);
  CHECK(head_of(a_request(), response).framing.kind == Kind::chunked);
  CHECK(head_of(a_request("GET", k10), response).framing.kind == Kind::length);
}

TEST_CASE("what may be a trailer field (RFC 9110 section 6.5.1)", "[http][response_writer]") {
  Response response;
  CHECK_FALSE(may_be_trailer(response, "Digest"));
  response.headers.add("Trailer", "X-One, content-digest");
  response.headers.add("Trailer", "Server-Timing, Content-Length, Trailer, Set-Cookie");
  for (const auto name : {"X-One"sv, "x-one"sv, "Content-Digest"sv, "Server-Timing"sv}) {
    CHECK(may_be_trailer(response, name));
  }
  for (const auto name : {"X-Two"sv, "X"sv, "Content-Length"sv, "Trailer"sv, "set-cookie"sv}) {
    CHECK_FALSE(may_be_trailer(response, name));
  }
}

TEST_CASE("a response that names protocols has the connection option upgrade",
          "[response_writer]") {
  struct Case {
    std::string_view version;
    bool keep_alive;
    std::string_view connection;
  };
  for (const Case& one : {Case{"1.1", true, "upgrade"}, Case{"1.1", false, "close, upgrade"},
                          Case{"1.0", true, "keep-alive, upgrade"}}) {
    CAPTURE(one.version, one.keep_alive);
    Request request;
    request.version = one.version == "1.0" ? Version::http_1_0 : Version::http_1_1;
    Response response;
    response.set_status(Status::upgrade_required);
    response.headers.set("Upgrade", "TLS/1.2");
    std::string head;
    append_head(head, request, response, one.keep_alive, "");
    CHECK(head.find("\r\nConnection: " + std::string(one.connection) + "\r\n") !=
          std::string::npos);
  }
}

TEST_CASE("a connection is handed over by the rules, of which the first that is broken is named",
          "[response_writer]") {
  Request request;
  request.method = "GET";
  Response response;
  CHECK(upgrade_objection(request, response).empty());
  response.set_status(Status::switching_protocols);
  CHECK_FALSE(upgrade_objection(request, response).empty());
  response.upgrade([](Upgraded&) {});
  CHECK_FALSE(upgrade_objection(request, response).empty());
  response.headers.set("Upgrade", "b/2");
  CHECK_FALSE(upgrade_objection(request, response).empty());
  request.headers.append({"Upgrade", "a, B/2"});
  CHECK(upgrade_objection(request, response).empty());
  response.headers.set("Upgrade", "b/2, c");
  CHECK_FALSE(upgrade_objection(request, response).empty());
  response.headers.set("Upgrade", "b/2, a");
  CHECK(upgrade_objection(request, response).empty());
  request.version = Version::http_1_0;
  CHECK_FALSE(upgrade_objection(request, response).empty());

  request.method = "CONNECT";
  response.set_status(Status::no_content);
  CHECK_FALSE(upgrade_objection(request, response).empty());
  request.version = Version::http_1_1;
  CHECK(upgrade_objection(request, response).empty());
  response.set_status(Status::found);
  CHECK_FALSE(upgrade_objection(request, response).empty());

  response.replace(Status::ok);
  CHECK_FALSE(response.upgrades());
}
