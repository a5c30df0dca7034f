#include <fcntl.h>
#include <catena/http/response.hpp>

#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "support/catch.hpp"

namespace {

using namespace std::string_view_literals;
using namespace catena;

class NoContent : public BodySource {
 public:
  explicit NoContent(int* alive = nullptr) : alive_(alive) {
    if (alive_ != nullptr) ++*alive_;
  }
  ~NoContent() override {
    if (alive_ != nullptr) --*alive_;
  }
  std::size_t read(std::span<char>) override { return 0; }

 private:
  int* alive_;
};

std::string_view text_of(const Body& body) { return std::get<std::string_view>(body.content()); }

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

UniqueFd some_file() {
  UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  REQUIRE(file);
  return file;
}

}  // namespace

TEST_CASE("a body starts empty and can be emptied", "[http][body]") {
  Body body;
  CHECK(body.empty());
  CHECK(body.size() == 0U);
  body.own("text");
  CHECK_FALSE(body.empty());
  body.clear();
  CHECK(body.empty());
  CHECK(body.size() == 0U);
}

TEST_CASE("a text of no bytes is a body all the same", "[http][body]") {
  Body body;
  body.own("");
  CHECK_FALSE(body.empty());
  CHECK(body.size() == 0U);
  body.clear();
  body.borrow("");
  CHECK_FALSE(body.empty());
}

TEST_CASE("owned text is taken over, borrowed text stays where it is", "[http][body]") {
  Body body;
  std::string text(100, 'a');
  const char* where = text.data();
  body.own(std::move(text));
  CHECK(text_of(body) == std::string(100, 'a'));
  CHECK(text_of(body).data() == where);

  constexpr std::string_view kConstant = "constant";
  body.borrow(kConstant);
  CHECK(text_of(body).data() == kConstant.data());
  CHECK(body.size() == kConstant.size());
}

TEST_CASE("append goes on with own text and drops everything else", "[http][body]") {
  Body body;
  body.append("a");
  body.append("");
  body.append("bc");
  CHECK(text_of(body) == "abc");

  body.own("own,");
  body.append(" text");
  CHECK(text_of(body) == "own, text");
  CHECK(body.size() == 9U);
  body.append(text_of(body).substr(0, 3));  // of itself
  CHECK(text_of(body) == "own, textown");
  for (int round = 0; round < 5; ++round) body.append(text_of(body));
  CHECK(body.size() == 12U * 32);

  body.borrow("borrowed");
  body.append("new");
  CHECK(text_of(body) == "new");

  body.stream(std::make_unique<NoContent>());
  body.append("after a source");
  CHECK(text_of(body) == "after a source");

  body.file({some_file(), 0, 10, 0});
  body.append("after a file");
  CHECK(text_of(body) == "after a file");

  body.clear();
  body.append("after nothing");
  CHECK(text_of(body) == "after nothing");
}

TEST_CASE("the memory of own text is kept", "[http][body]") {
  Body body;
  body.append(std::string(1000, 'a'));
  const char* where = text_of(body).data();
  body.clear();
  body.append(std::string(1000, 'b'));
  CHECK(text_of(body).data() == where);
}

TEST_CASE("a body knows its size, but for a source that does not say", "[http][body]") {
  Body body;
  body.file({some_file(), 7, 42, 0});
  CHECK(body.size() == 42U);
  body.stream(std::make_unique<NoContent>(), 5);
  CHECK(body.size() == 5U);
  body.stream(std::make_unique<NoContent>(), 0);
  CHECK(body.size() == 0U);
  body.stream(std::make_unique<NoContent>());
  CHECK_FALSE(body.size());
  CHECK_FALSE(body.empty());
}

TEST_CASE("what a body holds goes with it", "[http][body]") {
  int alive = 0;
  UniqueFd file = some_file();
  const int fd = file.get();
  {
    Body body;
    body.stream(std::make_unique<NoContent>(&alive));
    CHECK(alive == 1);
    body.file({std::move(file), 0, 1, 0});
    CHECK(alive == 0);
    CHECK(is_open(fd));
    body.clear();
    CHECK_FALSE(is_open(fd));
    body.stream(std::make_unique<NoContent>(&alive));
  }
  CHECK(alive == 0);
}

TEST_CASE("a moved body takes its text along, short or long", "[http][body]") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{100}}) {
    CAPTURE(size);
    auto first = std::make_unique<Body>();
    first->own(std::string(size, 'x'));
    Body second(std::move(*first));
    CHECK(first->empty());
    first->append("something else, and long enough for the heap");
    first.reset();
    CHECK(text_of(second) == std::string(size, 'x'));
    second.append("y");
    CHECK(text_of(second) == std::string(size, 'x') + "y");

    Body third;
    third.own("gone");
    third = std::move(second);
    CHECK(text_of(third) == std::string(size, 'x') + "y");
  }
  constexpr std::string_view kConstant = "constant";
  Body lender;
  lender.borrow(kConstant);
  const Body borrower(std::move(lender));
  CHECK(text_of(borrower).data() == kConstant.data());
}

TEST_CASE("a response starts as a 404 that nobody chose", "[http][response]") {
  Response response;
  CHECK(response.status() == Status::not_found);
  CHECK_FALSE(response.answered());
  CHECK(response.headers.size() == 0);
  CHECK(response.body.empty());

  response.headers.add("A", "b");
  response.body.own("text");
  CHECK_FALSE(response.answered());
  response.set_status(Status::not_found);
  CHECK(response.answered());
  CHECK(response.status() == Status::not_found);
}

TEST_CASE("replace drops everything and answers, reset only drops", "[http][response]") {
  Response response;
  response.set_status(Status::ok);
  response.headers.add("A", "b");
  response.body.own("text");

  response.replace(Status::internal_server_error);
  CHECK(response.status() == Status::internal_server_error);
  CHECK(response.answered());
  CHECK(response.headers.size() == 0);
  CHECK(response.body.empty());

  response.headers.add("A", "b");
  response.body.own("text");
  response.reset();
  CHECK(response.status() == Status::not_found);
  CHECK_FALSE(response.answered());
  CHECK(response.headers.size() == 0);
  CHECK(response.body.empty());
}

TEST_CASE("drop_content leaves the status and what does not describe content", "[http][response]") {
  Response response;
  response.set_status(Status::not_found);
  for (const auto name : {"Content-Type"sv, "content-language"sv, "Content-Encoding"sv,
                          "Content-Range"sv, "ETAG"sv, "Last-Modified"sv, "accept-ranges"sv}) {
    response.headers.add(name, "x");
  }
  for (const auto name :
       {"Allow"sv, "Location"sv, "WWW-Authenticate"sv, "Vary"sv, "Set-Cookie"sv, "Cache-Control"sv,
        "X-Content-Type-Options"sv, "Retry-After"sv, "Content-Security-Policy"sv}) {
    response.headers.add(name, "kept");
  }
  response.body.own("text");
  response.drop_content();
  CHECK(response.body.empty());
  CHECK(response.status() == Status::not_found);
  CHECK(response.answered());
  CHECK(response.headers.size() == 9);
  for (const Field field : response.headers) CHECK(field.value == "kept");
}

TEST_CASE("a 416 keeps its Content-Range when its content is dropped", "[http][response]") {
  Response response;
  response.set_status(Status::range_not_satisfiable);
  response.headers.add("Content-Range", "bytes */5");
  response.drop_content();
  CHECK(response.headers.find("Content-Range") == "bytes */5"sv);
}

TEST_CASE("a redirection has one Location", "[http][response]") {
  Response response;
  response.headers.add("location", "/old");
  response.redirect(Status::moved_permanently, "/a%20b/");
  CHECK(response.status() == Status::moved_permanently);
  CHECK(response.answered());
  CHECK(response.headers.size() == 1);
  CHECK(response.headers.find("Location") == "/a%20b/"sv);
  CHECK_THROWS_AS(response.redirect(Status::found, "/\r\nSet-Cookie: a=b"), std::invalid_argument);
  CHECK(response.headers.find("Location") == "/a%20b/"sv);
}
