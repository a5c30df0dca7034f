#include <algorithm>
#include <catena/http/body_decoder.hpp>
#include <cstdint>
#include <limits>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

namespace {

using namespace std::string_view_literals;
using catena::BodyDecoder;
using State = BodyDecoder::State;

constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();

struct Decoded {
  std::string content;
  State state = State::more;
  std::size_t consumed = 0;
  bool operator==(const Decoded&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Decoded& decoded) {
  return out << "\"" << decoded.content << "\", state " << static_cast<int>(decoded.state)
             << ", consumed " << decoded.consumed;
}

// Decodes input that arrives up to each of the cuts in turn.
Decoded decode(BodyDecoder decoder, std::string_view input, const std::vector<std::size_t>& cuts,
               std::size_t most = kAny) {
  Decoded decoded;
  decoded.state = decoder.state();
  for (const std::size_t arrived : cuts) {
    while (decoded.state == State::more) {
      const std::string_view rest = input.substr(decoded.consumed, arrived - decoded.consumed);
      const BodyDecoder::Step step = decoder.decode(rest, most);
      REQUIRE(step.consumed <= rest.size());
      REQUIRE(step.content.size() <= std::min(step.consumed, most));
      if (!step.content.empty()) {  // the last of what was consumed
        REQUIRE(step.content.data() == rest.data() + step.consumed - step.content.size());
      }
      REQUIRE(step.state == decoder.state());
      decoded.content += step.content;
      decoded.consumed += step.consumed;
      decoded.state = step.state;
      if (step.consumed == 0) break;
    }
    // What was asked for more has nothing of value left.
    if (decoded.state == State::more) REQUIRE(decoded.consumed == arrived);
  }
  return decoded;
}

// The same however the bytes are cut and however much is taken at once.
Decoded decode_every_way(const BodyDecoder& decoder, std::string_view input) {
  const Decoded whole = decode(decoder, input, {input.size()});
  for (std::size_t cut = 0; cut <= input.size(); ++cut) {
    CAPTURE(cut);
    CHECK(decode(decoder, input, {cut, input.size()}) == whole);
  }
  std::vector<std::size_t> bytes;
  for (std::size_t cut = 0; cut <= input.size(); ++cut) bytes.push_back(cut);
  CHECK(decode(decoder, input, bytes) == whole);
  for (const std::size_t most : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{7}}) {
    CAPTURE(most);
    CHECK(decode(decoder, input, {input.size()}, most) == whole);
    CHECK(decode(decoder, input, bytes, most) == whole);
  }
  return whole;
}

struct Case {
  std::string_view input;
  std::string_view content;
};

}  // namespace

TEST_CASE("no body is at its end", "[http][body_decoder]") {
  BodyDecoder none;
  CHECK(none.state() == State::end);
  const auto step = none.decode("GET", kAny);
  CHECK(step.consumed == 0);
  CHECK(step.content.empty());
  CHECK(step.state == State::end);
  CHECK(BodyDecoder::of_length(0).state() == State::end);
  CHECK(BodyDecoder::of_length(0).decode("GET", kAny).consumed == 0);
}

TEST_CASE("a body of a length is that many bytes (RFC 9112 section 6.2)", "[http][body_decoder]") {
  CHECK(decode_every_way(BodyDecoder::of_length(5), "hello") == Decoded{"hello", State::end, 5});
  CHECK(decode_every_way(BodyDecoder::of_length(5), "helloGET / HTTP/1.1") ==
        Decoded{"hello", State::end, 5});
  CHECK(decode_every_way(BodyDecoder::of_length(6), "hello") == Decoded{"hello", State::more, 5});
  CHECK(decode_every_way(BodyDecoder::of_length(1), "") == Decoded{"", State::more, 0});
  CHECK(decode_every_way(BodyDecoder::of_length(7), "\r\n\0\xff\r\n\n"sv) ==
        Decoded{std::string("\r\n\0\xff\r\n\n"sv), State::end, 7});
  CHECK(decode_every_way(BodyDecoder::of_length(UINT64_MAX), "abc") ==
        Decoded{"abc", State::more, 3});
}

TEST_CASE("the chunked coding (RFC 9112 section 7.1)", "[http][body_decoder]") {
  for (const Case& c : {
           Case{"0\r\n\r\n", ""},
           Case{"5\r\nhello\r\n0\r\n\r\n", "hello"},
           Case{"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
           Case{"1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n", "abc"},
           Case{"a\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
           Case{"A\r\n0123456789\r\n0\r\n\r\n", "0123456789"},
           Case{"1B\r\nabcdefghijklmnopqrstuvwxyz.\r\n0\r\n\r\n", "abcdefghijklmnopqrstuvwxyz."},
           Case{"00000000000000000000005\r\nhello\r\n0\r\n\r\n", "hello"},
           Case{"5\r\nhello\r\n0000\r\n\r\n", "hello"},
           Case{"7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", "\r\n0\r\n\r\n"},  // content is not looked at
           Case{"4\r\n\0\xff\x80\n\r\n0\r\n\r\n"sv, "\0\xff\x80\n"sv},
       }) {
    CAPTURE(std::string(c.input));
    const Decoded expected{std::string(c.content), State::end, c.input.size()};
    CHECK(decode_every_way(BodyDecoder::chunked(), c.input) == expected);

    // The next request is left alone.
    const std::string pipelined = std::string(c.input) + "GET / HTTP/1.1\r\n";
    CHECK(decode_every_way(BodyDecoder::chunked(), pipelined) == expected);

    // Nothing short of the end is an end.
    for (std::size_t size = 0; size < c.input.size(); ++size) {
      const Decoded partly = decode(BodyDecoder::chunked(), c.input.substr(0, size), {size});
      CAPTURE(size);
      CHECK(partly.state == State::more);
      CHECK(partly.content == c.content.substr(0, partly.content.size()));
    }
  }
}

TEST_CASE("chunk extensions are dropped (section 7.1.1)", "[http][body_decoder]") {
  for (const auto extension : {";a"sv,
                               ";a=b"sv,
                               ";a=\"b\""sv,
                               ";a=\"\""sv,
                               ";a;b;c"sv,
                               ";a=1;b=\"2\";c"sv,
                               " ;a"sv,
                               "\t; a"sv,
                               " ; a = b"sv,
                               ";a =b"sv,
                               ";a= b"sv,
                               ";a\t=\t\"b\""sv,
                               ";a ;b"sv,
                               ";a=b ;c"sv,
                               ";a=\"b\" ; c"sv,
                               ";a=\"b;c=d\""sv,
                               ";a=\"\\\"\""sv,
                               ";a=\"\\\\\""sv,
                               ";a=\"\\;\""sv,
                               ";a=\"\t \xc3\xa4\""sv,
                               ";!#$%&'*+-.^_`|~09=x"sv}) {
    const std::string input =
        "3" + std::string(extension) + "\r\nabc\r\n0" + std::string(extension) + "\r\n\r\n";
    CAPTURE(input);
    CHECK(decode_every_way(BodyDecoder::chunked(), input) ==
          Decoded{"abc", State::end, input.size()});
  }
}

TEST_CASE("malformed chunk extensions", "[http][body_decoder]") {
  for (const auto extension :
       {" "sv,         "\t"sv,     ";"sv,         "; "sv,          ";;a"sv,         ";=b"sv,
        ";a="sv,       ";a= "sv,   ";a=b "sv,     ";a "sv,         ";a;"sv,         ";a=b;"sv,
        ";a=b=c"sv,    ";a=b c"sv, ";a b"sv,      " a"sv,          ",a"sv,          ";a,b"sv,
        ";a=b,c"sv,    ";\"a\""sv, ";a=\"b"sv,    ";a=\"b\"c"sv,   ";a=b\"c\""sv,   ";a=\"b\\"sv,
        ";a=[b]"sv,    ";a\0"sv,   ";a=\0"sv,     ";a=\"\0\""sv,   ";a=\"\x7f\""sv, ";a=\"\\\0\""sv,
        ";\xc3\xa4"sv, ";a\n"sv,   ";a=\"\n\""sv, ";a=\"\r\n\""sv, ";a\rb"sv,       "\n"sv,
        "\v"sv}) {
    const std::string input = "3" + std::string(extension) + "\r\nabc\r\n0\r\n\r\n";
    CAPTURE(input);
    const Decoded decoded = decode_every_way(BodyDecoder::chunked(), input);
    CHECK(decoded.state == State::malformed);
    CHECK(decoded.content.empty());
  }
}

TEST_CASE("the trailer section is checked and dropped (section 7.1.2)", "[http][body_decoder]") {
  for (const auto trailers :
       {"A: b\r\n"sv, "A:b\r\n"sv, "A:\r\n"sv, "A: \t\r\n"sv, "A: b\r\nC: d\r\n"sv,
        "Content-Length: 5\r\n"sv, "Transfer-Encoding: chunked\r\n"sv, "A: b: c\xff\r\n"sv}) {
    const std::string input = "1\r\nx\r\n0\r\n" + std::string(trailers) + "\r\n";
    CAPTURE(input);
    CHECK(decode_every_way(BodyDecoder::chunked(), input) ==
          Decoded{"x", State::end, input.size()});
    CHECK(decode_every_way(BodyDecoder::chunked(), input + "GET") ==
          Decoded{"x", State::end, input.size()});
  }
  for (const auto trailers :
       {"A\r\n"sv,       ":\r\n"sv,       ": b\r\n"sv,         "A : b\r\n"sv,
        " A: b\r\n"sv,   "\tA: b\r\n"sv,  "A: b\r\n c\r\n"sv,  "A b: c\r\n"sv,
        "A: b\n"sv,      "A: b\rc\r\n"sv, "A: \0\r\n"sv,       "A\0: b\r\n"sv,
        "A: \x7f\r\n"sv, "A: \x1b\r\n"sv, "\xc3\xa4: b\r\n"sv, "\n"sv,
        "\rx"sv,         "A: b\r\n\rx"sv, "A: b\r\r\n"sv,      "GET / HTTP/1.1\r\n"sv}) {
    const std::string input = "1\r\nx\r\n0\r\n" + std::string(trailers) + "\r\n";
    CAPTURE(input);
    const Decoded decoded = decode_every_way(BodyDecoder::chunked(), input);
    CHECK(decoded.state == State::malformed);
    CHECK(decoded.content == "x");
  }
}

TEST_CASE("malformed chunk sizes and ends", "[http][body_decoder]") {
  for (const auto input :
       {"\r\n"sv,         "\n"sv,          " 5\r\nhello"sv,  "\t5\r\nhello"sv, "g\r\n"sv,
        "-5\r\nhello"sv,  "+5\r\nhello"sv, "0x5\r\nhello"sv, "5h\r\nhello"sv,  "5_0\r\n"sv,
        "5.0\r\n"sv,      "5,5\r\n"sv,     "5\nhello"sv,     "5\rhello"sv,     "5\r\r\nhello"sv,
        "5\0\r\nhello"sv, "\0"sv,          ";a\r\n"sv,       "\xd9\xa5\r\n"sv, "5 5\r\n"sv,
        "\"5\"\r\n"sv,    "0\n\r\n"sv,     "0\r\n\n"sv,      "0\r\r\n"sv,      "00_0\r\n\r\n"sv}) {
    CAPTURE(std::string(input));
    const Decoded decoded = decode_every_way(BodyDecoder::chunked(), input);
    CHECK(decoded.state == State::malformed);
    CHECK(decoded.content.empty());
  }
  for (const auto input :
       {"5\r\nhello0\r\n\r\n"sv, "5\r\nhello!\r\n0\r\n\r\n"sv, "5\r\nhello\n0\r\n\r\n"sv,
        "5\r\nhello\r0\r\n\r\n"sv, "5\r\nhello\r\r\n0\r\n\r\n"sv, "5\r\nhello\r\n\r\n"sv,
        "5\r\nhello\r\nx\r\n"sv, "5\r\nhello\r\n 0\r\n\r\n"sv}) {
    CAPTURE(std::string(input));
    const Decoded decoded = decode_every_way(BodyDecoder::chunked(), input);
    CHECK(decoded.state == State::malformed);
    CHECK(decoded.content == "hello");
  }
}

TEST_CASE("chunk sizes that overflow are refused before they are believed",
          "[http][body_decoder]") {
  for (const auto size :
       {"FFFFFFFFFFFFFFFF"sv, "ffffffffffffffff"sv, "7fffffffffffffff"sv, "8000000000000000"sv,
        "10000000000000000"sv, "10000000000000005"sv, "FFFFFFFFFFFFFFFF0"sv, "fffffffffffffffff"sv,
        "100000000000000000000000000000005"sv}) {
    const std::string input = std::string(size) + "\r\nhello\r\n0\r\n\r\n";
    CAPTURE(input);
    const Decoded decoded = decode_every_way(BodyDecoder::chunked(), input);
    CHECK(decoded.state == State::malformed);
    CHECK(decoded.content.empty());
  }
  // What can be counted is taken, large as it is: how much a body may have is another's to say.
  for (const auto size : {"7fffffff"sv, "ffffffff"sv, "100000000"sv, "ffffffffffff"sv}) {
    const std::string input = std::string(size) + "\r\nhello";
    CAPTURE(input);
    CHECK(decode_every_way(BodyDecoder::chunked(), input) ==
          Decoded{"hello", State::more, input.size()});
  }
}

TEST_CASE("framing has an end", "[http][body_decoder]") {
  const std::string large(64 * 1024, 'a');
  for (const std::string& input :
       {"5;a=" + large, "5;" + large, "5;a=\"" + large, "5" + std::string(large.size(), ' '),
        std::string(large.size(), '0'), "0\r\nA: " + large, "0\r\n" + large}) {
    CAPTURE(input.substr(0, 10));
    const Decoded whole = decode(BodyDecoder::chunked(), input, {input.size()});
    CHECK(whole.state == State::malformed);
    CHECK(whole.content.empty());
    std::vector<std::size_t> bytes;
    for (std::size_t cut = 0; cut <= input.size(); ++cut) bytes.push_back(cut);
    CHECK(decode(BodyDecoder::chunked(), input, bytes) == whole);
  }
  std::string many_fields = "0\r\n";
  for (int line = 0; line < 10000; ++line) many_fields += "A: b\r\n";
  CHECK(decode(BodyDecoder::chunked(), many_fields, {many_fields.size()}).state ==
        State::malformed);

  // What is in use stays possible, in every chunk anew.
  const std::string fair = "100;signature=" + std::string(500, 'f') + "\r\n";
  std::string input;
  std::string content;
  for (int chunk = 0; chunk < 500; ++chunk) {
    input += fair + std::string(256, 'x') + "\r\n";
    content.append(256, 'x');
  }
  input += "0\r\nDigest: " + std::string(4000, 'd') + "\r\n\r\n";
  CHECK(decode(BodyDecoder::chunked(), input, {input.size()}) ==
        Decoded{content, State::end, input.size()});
}

TEST_CASE("small chunks may be any number, small chunks with long lines may not",
          "[http][body_decoder]") {
  const auto chunks = [](int count, const std::string& line) {
    std::string input;
    for (int chunk = 0; chunk < count; ++chunk) input += line + "\r\nx\r\n";
    return decode(BodyDecoder::chunked(), input, {input.size()});
  };
  CHECK(chunks(100'000, "1").state == State::more);
  CHECK(chunks(100'000, "00000001;a=b").state == State::more);
  // Each line is 218 bytes, of which 18 are free: 16 KiB are used up in the 82nd.
  const std::string long_line = "1;" + std::string(215, 'a');
  CHECK(chunks(81, long_line).state == State::more);
  const Decoded cut = chunks(82, long_line);
  CHECK(cut.state == State::malformed);
  CHECK(cut.content == std::string(81, 'x'));
}

TEST_CASE("no more content comes than asked for", "[http][body_decoder]") {
  BodyDecoder decoder = BodyDecoder::chunked();
  const std::string_view input = "5\r\nhello\r\n0\r\n\r\n";
  const auto first = decoder.decode(input, 2);
  CHECK(first.content == "he");
  CHECK(first.consumed == 5);
  CHECK(first.state == State::more);
  const auto second = decoder.decode(input.substr(5), 3);
  CHECK(second.content == "llo");
  CHECK(second.consumed == 3);
  CHECK(second.state == State::more);
  const auto last = decoder.decode(input.substr(8), 3);
  CHECK(last.content.empty());
  CHECK(last.consumed == 7);
  CHECK(last.state == State::end);

  BodyDecoder by_length = BodyDecoder::of_length(3);
  CHECK(by_length.decode("abcdef", 2).content == "ab");
  CHECK(by_length.decode("cdef", 2).content == "c");
  CHECK(by_length.state() == State::end);
}

TEST_CASE("after its end or a fault, a body takes nothing more", "[http][body_decoder]") {
  BodyDecoder done = BodyDecoder::of_length(1);
  done.decode("a", kAny);
  CHECK(done.decode("b", kAny).consumed == 0);
  CHECK(done.decode("b", kAny).content.empty());
  CHECK(done.state() == State::end);

  BodyDecoder broken = BodyDecoder::chunked();
  CHECK(broken.decode("x", kAny).state == State::malformed);
  CHECK(broken.decode("0\r\n\r\n", kAny).consumed == 0);
  CHECK(broken.state() == State::malformed);
}

TEST_CASE("one byte changed never makes a fault depend on the cuts", "[http][body_decoder]") {
  const std::string_view good = "2;a=\"b\" ;c\r\nhi\r\n0\r\nA: b\r\n\r\n";
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char c : {'\0', '\r', '\n', ' ', '\t', ';', '=', '"', '\\', ':', '0', 'f', 'z'}) {
      std::string input(good);
      input[at] = c;
      CAPTURE(input);
      decode_every_way(BodyDecoder::chunked(), input);
    }
  }
}
