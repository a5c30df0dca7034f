#include "catena/serve/input_buffer.hpp"

#include <string_view>

#include "support/catch.hpp"

using catena::InputBuffer;

namespace {

void arrive(InputBuffer& buffer, std::string_view text) {
  REQUIRE(text.copy(buffer.space().data(), buffer.space().size()) == text.size());
  buffer.arrived(text.size());
}

}  // namespace

TEST_CASE("an input buffer gives back what arrived, in order", "[input_buffer]") {
  InputBuffer buffer(8);
  CHECK(buffer.available().empty());
  CHECK(buffer.space().size() == 8);
  arrive(buffer, "abc");
  arrive(buffer, "def");
  CHECK(buffer.available() == "abcdef");
  CHECK(buffer.space().size() == 2);
  buffer.consume(2);
  CHECK(buffer.available() == "cdef");
  CHECK(buffer.space().size() == 2);
}

TEST_CASE("views into an input buffer hold until its room is taken again", "[input_buffer]") {
  InputBuffer buffer(8);
  arrive(buffer, "head");
  const std::string_view head = buffer.available();
  buffer.consume(4);
  buffer.keep_consumed();
  for (const std::string_view body : {"12", "3456", "78"}) {
    arrive(buffer, body);
    CHECK(buffer.available() == body);
    buffer.consume(body.size());
    buffer.reuse();
    CHECK(buffer.space().size() == 4);
  }
  CHECK(head == "head");
}

TEST_CASE("room is not taken again while something in it is unread", "[input_buffer]") {
  InputBuffer buffer(8);
  arrive(buffer, "abcdef");
  buffer.consume(3);
  buffer.reuse();
  buffer.release();
  CHECK(buffer.available() == "def");
  CHECK(buffer.space().size() == 2);
  buffer.compact();
  CHECK(buffer.available() == "def");
  CHECK(buffer.space().size() == 5);
  buffer.consume(3);
  buffer.release();
  CHECK(buffer.space().size() == 8);
}

TEST_CASE("release ends what is kept", "[input_buffer]") {
  InputBuffer buffer(8);
  arrive(buffer, "headbody");
  buffer.consume(4);
  buffer.keep_consumed();
  CHECK(buffer.space().empty());
  buffer.consume(4);
  buffer.reuse();
  CHECK(buffer.space().size() == 4);
  buffer.release();
  CHECK(buffer.space().size() == 8);
}

TEST_CASE("an input buffer grows, and never shrinks", "[input_buffer]") {
  InputBuffer buffer(4);
  arrive(buffer, "abcd");
  buffer.consume(1);
  buffer.grow(8);
  CHECK(buffer.available() == "bcd");
  CHECK(buffer.space().size() == 4);
  arrive(buffer, "efgh");
  buffer.grow(2);
  CHECK(buffer.available() == "bcdefgh");
  CHECK(buffer.space().empty());
}
