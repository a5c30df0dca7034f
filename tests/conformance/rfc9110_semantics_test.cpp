// RFC 9110: methods, fields, expectations, statuses, content negotiation.

#include <string>
#include <vector>

#include "catena/http/date.hpp"
#include "conformance/site.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"

using namespace catena::testing;

TEST_CASE("RFC 9110 6.6.1, 8.6: responses have a Date, and a length that is true",
          "[conformance]") {
  Site site;
  for (const std::string target : {"/", "/page.html", "/nothing", "/dir", "/stream"}) {
    CAPTURE(target);
    const HttpResponse response = site.get(target);
    CHECK(catena::parse_http_date(response.header("Date")));
    CHECK(response.complete);
    if (response.has("Content-Length")) {
      CHECK(response.header("Content-Length") == std::to_string(response.body.size()));
    }
  }
}

TEST_CASE("RFC 9110 9.3.2: HEAD is GET without the content", "[conformance]") {
  Site site;
  for (const std::string target : {"/", "/page.html", "/nothing", "/dir", "/stream", "/empty"}) {
    CAPTURE(target);
    HttpResponse get = site.get(target);
    HttpResponse asked = site.request("HEAD", target);
    for (HttpResponse* response : {&get, &asked}) {
      std::erase_if(response->headers, [](const auto& field) { return field.first == "Date"; });
    }
    CHECK(asked.status == get.status);
    CHECK(asked.headers == get.headers);
    const std::string raw = site.raw(head("HEAD " + target + " HTTP/1.1"));
    CHECK(raw.ends_with("\r\n\r\n"));
    CHECK(raw.find("\r\n\r\n") + 4 == raw.size());
  }
}

TEST_CASE("RFC 9110 15.5.6: 405 says which methods there are", "[conformance]") {
  Site site;
  for (const std::string method : {"POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "X"}) {
    const HttpResponse response = site.request(method, "/page.html");
    CHECK(response.status == 405);
    CHECK(response.header("Allow") == "GET, HEAD");
  }
}

TEST_CASE("RFC 9110 10.1.1: 100 is sent when the content is asked for, and not otherwise",
          "[conformance]") {
  Site site;
  const std::string wanted = "Expect: 100-continue\r\nContent-Length: 4\r\n";
  const auto after = [](const std::string& text) { return text.substr(0, text.find("\r\n")); };
  // A reader asks, and the body comes after that.
  const std::string asked = site.raw(post(wanted, ""));
  CHECK(after(asked) == "HTTP/1.1 100 Continue");
  // With the body on its way already, nobody needs to be told.
  const std::string sent = site.raw(post(wanted, "body"));
  CHECK(after(sent) == "HTTP/1.1 200 OK");
  // A refusal needs no body, and without one the connection can't go on.
  const std::string refused = site.raw(head("POST /page.html HTTP/1.1", wanted) + another());
  CHECK(after(refused) == "HTTP/1.1 405 Method Not Allowed");
  CHECK(refused.find("100 Continue") == std::string::npos);
  CHECK(refused.find("\r\nConnection: close\r\n") != std::string::npos);

  site.check({
      {"another expectation", head("GET /page.html HTTP/1.1", "Expect: more\r\n"), "417 close"},
      {"one that is known and one that is not",
       post("Content-Length: 4\r\nExpect: 100-continue, more\r\n", "body"), "417 close"},
      {"in capitals", post("Content-Length: 4\r\nExpect: 100-CONTINUE\r\n", "body"), "200"},
      {"in HTTP/1.0 it is nothing",
       "POST /echo HTTP/1.0\r\nContent-Length: 4\r\nExpect: more\r\n\r\nbody", "200 close"},
      {"without a body", head("GET /page.html HTTP/1.1", "Expect: 100-continue\r\n") + another(),
       "200, 200"},
  });
}

TEST_CASE("RFC 9110 15: 204 and 304 have no content", "[conformance]") {
  Site site;
  const std::string etag = site.get("/page.html").header("ETag");
  for (const std::string& request :
       {head("GET /empty HTTP/1.1"),
        head("GET /page.html HTTP/1.1", "If-None-Match: " + etag + "\r\n")}) {
    const std::string raw = site.raw(request);
    CHECK(raw.find("\r\n\r\n") + 4 == raw.size());
  }
  CHECK(summary(site.exchange(head("GET /empty HTTP/1.1") + another())) == "204, 200");
}

TEST_CASE("RFC 9110 15.4.5: a 304 has the fields that the 200 would have had", "[conformance]") {
  Site site;
  const HttpResponse whole = site.get("/page.html");
  const HttpResponse same = site.get("/page.html", {{"If-None-Match", whole.header("ETag")}});
  CHECK(same.status == 304);
  CHECK(same.header("ETag") == whole.header("ETag"));
  CHECK(same.header("Last-Modified") == whole.header("Last-Modified"));
  CHECK(same.has("Date"));
  CHECK_FALSE(same.has("Content-Type"));
}

TEST_CASE("RFC 9110 15.4.2: a directory is redirected to, with a slash, on this host",
          "[conformance]") {
  Site site;
  CHECK(site.get("/dir").status == 301);
  CHECK(site.get("/dir").header("Location") == "/dir/");
  CHECK(site.get("/dir?a=b&c").header("Location") == "/dir/?a=b&c");
  CHECK(site.get("/dir/").body == "in a directory");
  // However the path is spelled, nothing in front of it can become a host.
  for (const std::string target : {"//dir", "///dir", "/./dir", "/%2Fdir", "/%2f%2fdir",
                                   "//evil.example/../dir", "http://test//dir", "/dir/."}) {
    CAPTURE(target);
    const HttpResponse response = site.get(target);
    if (response.status != 301) continue;
    CHECK(response.header("Location") == "/dir/");
  }
}

TEST_CASE("RFC 9110 12.5.3: content codings are chosen by weight, and the answer varies",
          "[conformance]") {
  Site site;
  site.files().write("app.js", "plain");
  site.files().write("app.js.gz", "packed with gzip");
  const HttpResponse packed = site.get("/app.js", {{"Accept-Encoding", "gzip, br;q=0.1"}});
  CHECK(packed.header("Content-Encoding") == "gzip");
  CHECK(packed.header("Vary") == "Accept-Encoding");
  CHECK(packed.body == "packed with gzip");
  const HttpResponse plain = site.get("/app.js", {{"Accept-Encoding", "gzip;q=0"}});
  CHECK_FALSE(plain.has("Content-Encoding"));
  CHECK(plain.header("Vary") == "Accept-Encoding");
  CHECK(plain.body == "plain");
  CHECK(plain.header("ETag") != packed.header("ETag"));
}

TEST_CASE("RFC 9110 12.5.1: an error is told as the client likes it", "[conformance]") {
  Site site;
  CHECK(site.get("/nothing").header("Content-Type") == "text/html; charset=utf-8");
  const HttpResponse json = site.get("/nothing", {{"Accept", "application/json"}});
  CHECK(json.header("Content-Type") == "application/problem+json");
  CHECK(json.header("Vary") == "Accept");
}
