#include <sys/stat.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catena/config/document.hpp"
#include "catena/http/status.hpp"
#include "catena/testing/test_chain.hpp"
#include "support/catch.hpp"
#include "support/options.hpp"
#include "support/temp_dir.hpp"

namespace catena::plugins {
Plugin error_pages();
Plugin static_file();
}  // namespace catena::plugins

namespace {

using catena::Exchange;
using catena::HttpError;
using catena::Next;
using catena::Status;
using catena::plugins::error_pages;
using catena::plugins::static_file;
using catena::testing::complaints;
using catena::testing::HttpResponse;
using catena::testing::TempDir;
using catena::testing::TestChain;

constexpr std::string_view html = "text/html; charset=utf-8";
constexpr std::string_view problem = "application/problem+json";

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What error_pages makes of a handler that answers with the status alone.
HttpResponse page_for(int status, const TestChain::Fields& fields = {}, const char* target = "/") {
  TestChain chain;
  chain.add(error_pages()).add([status](Exchange& exchange, Next&) {
    exchange.response.set_status(static_cast<Status>(status));
  });
  return chain.get(target, fields);
}

catena::config::Value parsed(const std::string& json) {
  catena::config::Diagnostics diagnostics;
  auto value = catena::config::parse(json, "problem", {}, diagnostics);
  INFO(json);
  REQUIRE(value);
  REQUIRE(diagnostics.empty());
  return *value;
}

TEST_CASE("error_pages gives every status from 400 on a page, and keeps the status", "[plugins]") {
  for (int status = 400; status < 600; ++status) {
    INFO(status);
    const HttpResponse response = page_for(status);
    const std::string number = std::to_string(status);
    CHECK(response.status == status);
    CHECK(response.header("Content-Type") == html);
    CHECK(response.header("Content-Length") == std::to_string(response.body.size()));
    CHECK(response.complete);
    CHECK(contains(response.body, "<title>" + number + " "));
    CHECK(contains(response.body, "<h1>" + number + " "));
    CHECK(response.body.substr(0, 15) == "<!doctype html>");
    CHECK(response.body.size() < 1024);
  }
  CHECK(contains(page_for(404).body, "<title>404 Not Found</title>"));
  CHECK(contains(page_for(499).body, "<title>499 Error</title>"));
  CHECK(page_for(999).status == 999);
}

TEST_CASE("the page follows the visitor's dark or light setting", "[plugins]") {
  CHECK(contains(page_for(404).body, "<meta name=\"color-scheme\" content=\"light dark\">"));
}

TEST_CASE("error_pages leaves what is no error alone", "[plugins]") {
  for (const int status : {200, 204, 301, 304, 399}) {
    INFO(status);
    const HttpResponse response = page_for(status);
    CHECK(response.status == status);
    CHECK(response.body.empty());
    CHECK_FALSE(response.has("Content-Type"));
    CHECK_FALSE(response.has("Vary"));
  }
}

TEST_CASE("error_pages leaves errors that have a body alone", "[plugins]") {
  TestChain chain;
  chain.add(error_pages()).add([](Exchange& exchange, Next&) {
    exchange.response.set_status(Status::conflict);
    exchange.response.headers.set("Content-Type", "text/plain");
    exchange.response.headers.set("ETag", "\"a\"");
    exchange.response.body.borrow("the handler's own words");
  });
  const HttpResponse response = chain.get("/");
  CHECK(response.status == 409);
  CHECK(response.body == "the handler's own words");
  CHECK(response.header("Content-Type") == "text/plain");
  CHECK(response.header("ETag") == "\"a\"");
  CHECK_FALSE(response.has("Vary"));
}

TEST_CASE("error_pages gives a page to the 404 that nobody chose", "[plugins]") {
  TestChain chain;
  chain.add(error_pages());
  CHECK(contains(chain.get("/").body, "404 Not Found"));
}

TEST_CASE("error_pages escapes all that it shows", "[plugins]") {
  const HttpResponse response =
      page_for(404, {}, "/<script>alert(\"1\")</script>&amp;'x'?<script>query</script>");
  CHECK(contains(
      response.body,
      "<code>/&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;amp;&#39;x&#39;</code>"));
  CHECK_FALSE(contains(response.body, "<script"));
  CHECK_FALSE(contains(response.body, "query"));
  const HttpResponse encoded = page_for(404, {}, "/%3Cscript%3E%26%22%27");
  CHECK(contains(encoded.body, "<code>/&lt;script&gt;&amp;&quot;&#39;</code>"));
  CHECK_FALSE(contains(encoded.body, "<script"));
}

TEST_CASE("error_pages shows no target where there is none", "[plugins]") {
  TestChain chain;
  chain.add(error_pages());
  CHECK_FALSE(contains(chain.request("OPTIONS", "*").body, "<code>"));
  const HttpResponse response = chain.request("OPTIONS", "*", {{"Accept", "application/json"}});
  CHECK(parsed(response.body).find("instance") == nullptr);
}

TEST_CASE("error_pages keeps the fields of the answer, and drops those of its content",
          "[plugins]") {
  TestChain chain;
  chain.add(error_pages()).add([](Exchange& exchange, Next&) {
    catena::Headers& headers = exchange.response.headers;
    exchange.response.set_status(Status::unauthorized);
    headers.set("Allow", "GET");
    headers.set("Location", "/there");
    headers.set("WWW-Authenticate", "Basic");
    headers.set("Retry-After", "5");
    headers.set("Set-Cookie", "a=b");
    headers.set("Content-Security-Policy", "default-src 'self'");
    headers.set("ETag", "\"a\"");
    headers.set("Last-Modified", "Wed, 01 Jan 2020 00:00:00 GMT");
    headers.set("Accept-Ranges", "bytes");
    headers.set("Content-Type", "image/png");
    headers.set("Content-Encoding", "gzip");
    headers.set("Content-Language", "de");
    headers.set("Content-Range", "bytes */5");
    headers.set("content-location", "/elsewhere");
  });
  const HttpResponse response = chain.get("/");
  CHECK(response.status == 401);
  CHECK(response.header("Allow") == "GET");
  CHECK(response.header("Location") == "/there");
  CHECK(response.header("WWW-Authenticate") == "Basic");
  CHECK(response.header("Retry-After") == "5");
  CHECK(response.header("Set-Cookie") == "a=b");
  CHECK(response.header("Content-Security-Policy") == "default-src 'self'");
  CHECK(response.header("Content-Type") == html);
  for (const char* gone : {"ETag", "Last-Modified", "Accept-Ranges", "Content-Encoding",
                           "Content-Language", "Content-Range", "Content-Location"}) {
    INFO(gone);
    CHECK_FALSE(response.has(gone));
  }
}

TEST_CASE("a 416 with a page says still how long the file is", "[plugins]") {
  TempDir files;
  files.write("page.html", "a page");
  TestChain chain;
  chain.root(files.path()).add(error_pages()).add(static_file());
  const HttpResponse response = chain.get("/page.html", {{"Range", "bytes=10-"}});
  CHECK(response.status == 416);
  CHECK(response.header("Content-Range") == "bytes */6");
  CHECK(contains(response.body, "<title>416 Range Not Satisfiable</title>"));
}

TEST_CASE("error_pages gives problem+json to clients that like JSON better", "[plugins]") {
  const std::vector<std::pair<std::string, std::string_view>> cases{
      {"application/json", problem},
      {"application/problem+json", problem},
      {"APPLICATION/JSON", problem},
      {"application/*", problem},
      {"application/json, text/html;q=0.9", problem},
      {"text/html;q=0.5, application/problem+json;q=0.6", problem},
      {"*/*;q=0.1, application/json", problem},
      {"application/json;q=0.001", problem},
      {"text/html;q=0, */*", problem},
      {"text/html, application/json", html},
      {"text/html;q=0.6, application/json;q=0.5", html},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", html},
      {"application/json;q=0, */*;q=0", html},
      {"application/json;q=nonsense", html},
      {"text/plain", html},
      {"*/*", html},
      {"", html},
  };
  for (const auto& [accept, type] : cases) {
    INFO(accept);
    const HttpResponse response = page_for(404, {{"Accept", accept}});
    CHECK(response.status == 404);
    CHECK(response.header("Content-Type") == type);
    CHECK(response.header("Vary") == "Accept");
  }
  CHECK(page_for(404).header("Content-Type") == html);
  CHECK(page_for(404).header("Vary") == "Accept");
}

TEST_CASE("error_pages takes several Accept lines as one", "[plugins]") {
  const HttpResponse response =
      page_for(404, {{"Accept", "text/html;q=0.1"}, {"Accept", "application/json"}});
  CHECK(response.header("Content-Type") == problem);
}

TEST_CASE("a problem tells status, title, detail and instance", "[plugins]") {
  const auto value = parsed(page_for(404, {{"Accept", "application/json"}}, "/a%20b?query").body);
  CHECK(value.find("status")->as_integer() == 404);
  CHECK(value.find("title")->as_string() == "Not Found");
  CHECK(value.find("detail")->as_string() == "There is nothing at this address.");
  CHECK(value.find("instance")->as_string() == "/a%20b");
  CHECK(value.members().size() == 4);
}

TEST_CASE("a problem is valid JSON whatever status and target", "[plugins]") {
  for (int status = 400; status < 600; ++status) {
    const HttpResponse response = page_for(status, {{"Accept", "application/json"}});
    CHECK(parsed(response.body).find("status")->as_integer() == status);
  }
  for (const char* target : {"/\"},{\"a\":\"b", "/\\\"", "/%22%5c%08%0a%01%7f", "/%ff%fe%c0%80",
                             "/%e2%80%a8", "/'", "/</script>"}) {
    INFO(target);
    const HttpResponse response = page_for(404, {{"Accept", "application/json"}}, target);
    CHECK(parsed(response.body).find("instance")->as_string().front() == '/');
  }
}

TEST_CASE("error_pages leaves a Vary field that is there in force", "[plugins]") {
  TestChain chain;
  chain.add(error_pages()).add([](Exchange& exchange, Next&) {
    exchange.response.headers.set("Vary", "Origin");
    exchange.response.set_status(Status::forbidden);
  });
  const HttpResponse response = chain.get("/");
  std::string all;
  for (const auto& [name, value] : response.headers) {
    if (name == "Vary") all.append(value).append(";");
  }
  CHECK(all == "Origin;Accept;");
}

TEST_CASE("error_pages prefers pages of one's own", "[plugins]") {
  TempDir files;
  files.write("errors/404.html", "our own 404");
  files.write("errors/deep/404.html", "our deep 404");
  for (const auto& [directory, body] :
       {std::pair{"errors", "our own 404"}, std::pair{"errors/", "our own 404"},
        std::pair{"errors/deep", "our deep 404"}}) {
    TestChain chain;
    chain.root(files.path());
    chain.add(error_pages(), std::string("{\"directory\": \"") + directory + "\"}");
    const HttpResponse response = chain.get("/some/where");
    INFO(directory);
    CHECK(response.status == 404);
    CHECK(response.body == body);
    CHECK(response.header("Content-Type") == html);
    CHECK(response.header("Content-Length") == std::to_string(std::string_view(body).size()));
    CHECK(response.header("Vary") == "Accept");
    CHECK_FALSE(response.has("ETag"));
    CHECK_FALSE(response.has("Last-Modified"));
    CHECK_FALSE(response.has("Accept-Ranges"));
    const HttpResponse json = chain.get("/", {{"Accept", "application/json"}});
    CHECK(json.header("Content-Type") == problem);
    CHECK(parsed(json.body).find("status")->as_integer() == 404);
  }
}

TEST_CASE("error_pages has a page where one's own is missing or can't be read", "[plugins]") {
  TempDir files;
  files.write("outside.html", "outside");
  files.write("root/errors/403.html", "our own 403");
  files.write("root/errors/405.html/page", "");
  REQUIRE(::mkfifo((files / "root/errors/406.html").c_str(), 0666) == 0);
  std::filesystem::create_symlink("../../outside.html", files / "root/errors/407.html");
  for (const int status : {404, 405, 406, 407}) {
    TestChain chain;
    chain.root(files / "root").add(error_pages(), R"({"directory": "errors"})");
    chain.add([status](Exchange& exchange, Next&) {
      exchange.response.set_status(static_cast<Status>(status));
    });
    INFO(status);
    const HttpResponse response = chain.get("/");
    CHECK(response.status == status);
    CHECK(contains(response.body, "<title>" + std::to_string(status) + " "));
  }
  TestChain rootless;
  rootless.add(error_pages(), R"({"directory": "errors"})");
  CHECK(contains(rootless.get("/").body, "<title>404 Not Found</title>"));
  TestChain elsewhere;
  elsewhere.root(files / "root").add(error_pages(), R"({"directory": "nothing"})");
  CHECK(contains(elsewhere.get("/").body, "<title>404 Not Found</title>"));
}

TEST_CASE("error_pages answers HEAD with the fields of the page only", "[plugins]") {
  TempDir files;
  files.write("errors/404.html", "our own 404");
  for (const char* options : {"{}", R"({"directory": "errors"})"}) {
    for (const char* accept : {"text/html", "application/json"}) {
      TestChain chain;
      chain.root(files.path()).add(error_pages(), options);
      const HttpResponse get = chain.get("/", {{"Accept", accept}});
      const HttpResponse head = chain.request("HEAD", "/", {{"Accept", accept}});
      INFO(options << " " << accept);
      CHECK(head.status == 404);
      CHECK(head.header("Content-Type") == get.header("Content-Type"));
      CHECK(head.header("Content-Length") == std::to_string(get.body.size()));
      const std::string output = chain.raw(
          {std::string("HEAD / HTTP/1.1\r\nHost: test\r\nAccept: ") + accept + "\r\n\r\n"});
      CHECK(output.substr(output.size() - 4) == "\r\n\r\n");
      CHECK(output.find("\r\n\r\n") == output.size() - 4);
    }
  }
}

TEST_CASE("a handler that throws is answered with a page that tells nothing of the cause",
          "[plugins]") {
  for (const char* accept : {"text/html", "application/json"}) {
    TestChain chain;
    chain.add(error_pages()).add([](Exchange& exchange, Next&) {
      exchange.response.headers.set("X-Half-Done", "yes");
      exchange.response.set_status(Status::ok);
      exchange.response.body.own("half of it");
      throw std::runtime_error("the password is swordfish");
    });
    const HttpResponse response = chain.get("/", {{"Accept", accept}});
    CHECK(response.status == 500);
    CHECK(response.reason == "Internal Server Error");
    CHECK_FALSE(response.has("X-Half-Done"));
    CHECK(contains(response.body, "500"));
    CHECK(contains(response.body, "Internal Server Error"));
    CHECK_FALSE(contains(response.body, "half of it"));
    CHECK_FALSE(contains(chain.raw({"GET / HTTP/1.1\r\nHost: test\r\n\r\n"}), "swordfish"));
  }
}

TEST_CASE("an HttpError keeps its status and gets its page", "[plugins]") {
  TestChain chain;
  chain.add(error_pages()).add([](Exchange&, Next&) {
    throw HttpError(Status::service_unavailable, "the password is swordfish");
  });
  const HttpResponse response = chain.get("/");
  CHECK(response.status == 503);
  CHECK(contains(response.body, "<title>503 Service Unavailable</title>"));
  CHECK_FALSE(contains(response.body, "swordfish"));
}

TEST_CASE("error_pages dispatches nothing again", "[plugins]") {
  TempDir files;
  files.write("errors/404.html", "our own 404");
  int calls = 0;
  TestChain chain;
  chain.root(files.path()).add(error_pages(), R"({"directory": "errors"})");
  chain.add([&calls](Exchange& exchange, Next& next) {
    ++calls;
    next(exchange);
  });
  CHECK(chain.get("/").body == "our own 404");
  CHECK(calls == 1);
}

TEST_CASE("error_pages stands before what it decorates", "[plugins]") {
  TempDir files;
  TestChain outside;
  outside.root(files.path()).add(error_pages()).add(static_file());
  CHECK(contains(outside.get("/nothing").body, "404 Not Found"));
  TestChain inside;
  inside.root(files.path()).add([](Exchange& exchange, Next& next) {
    next(exchange);
    exchange.response.replace(Status::not_found);
  });
  inside.add(error_pages());
  CHECK(inside.get("/nothing").body.empty());
}

TEST_CASE("what could not be parsed is answered by the core, in plain text", "[plugins]") {
  TestChain chain;
  chain.add(error_pages());
  const auto responses = chain.exchange("GET / HTTP/1.1\r\nno colon\r\n\r\n");
  REQUIRE(responses.size() == 1);
  CHECK(responses[0].status == 400);
  CHECK(responses[0].header("Content-Type") == "text/plain; charset=utf-8");
}

TEST_CASE("error_pages says what is wrong with its options", "[plugins]") {
  const std::vector<std::pair<const char*, std::string>> cases{
      {R"({"directory": ""})",
       R"(options:1:15: /directory: expected the name of a directory below the document root, got "")"},
      {R"({"directory": "/errors"})",
       R"(options:1:15: /directory: expected the name of a directory below the document root, got "/errors")"},
      {R"({"directory": "../errors"})",
       R"(options:1:15: /directory: expected the name of a directory below the document root, got "../errors")"},
      {R"({"directory": "a/../.."})",
       R"(options:1:15: /directory: expected the name of a directory below the document root, got "a/../..")"},
      {R"({"directory": "a\u0000b"})",
       R"(options:1:15: /directory: expected the name of a directory below the document root, got "a\u0000b")"},
      {R"({"directory": 5})", R"(options:1:15: /directory: expected a string, got a number)"},
      {R"({"directry": "errors"})",
       R"(options:1:2: /directry: unknown option of error_pages; did you mean "directory"?)"},
  };
  for (const auto& [options, complaint] : cases) {
    CHECK(complaints(error_pages(), options) == complaint + "\n");
  }
  for (const char* fine : {R"({"directory": null})", R"({"directory": "errors/v2..3"})"}) {
    CHECK(complaints(error_pages(), fine) == "");
  }
}

}  // namespace
