// The request parser: the same result however the bytes are cut, and nothing in an accepted head
// that handlers may count on not to be there.

#include <algorithm>

#include "catena/http/request_parser.hpp"
#include "catena/http/text.hpp"
#include "fuzz/fuzz.hpp"

namespace catena::fuzz {
namespace {

struct Parsed {
  Request request;
  RequestParser::State state = RequestParser::State::more;
  RequestParser parser{HeadLimits{256, 1024, 12}};

  Parsed(std::string_view input, std::span<const std::size_t> cuts) {
    parser.reset(request);
    for (const std::size_t cut : cuts) {
      state = parser.parse(input.substr(0, cut), request);
      if (state != RequestParser::State::more) break;
    }
  }
};

bool same_fields(const RequestHeaders& a, const RequestHeaders& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Field& x, const Field& y) {
    return x.name == y.name && x.value == y.value;
  });
}

void require_same(const Parsed& whole, const Parsed& cut) {
  require(whole.state == cut.state, "the state is the same however the bytes are cut");
  require(whole.parser.refusal().status == cut.parser.refusal().status,
          "the refusal is the same however the bytes are cut");
  require(whole.parser.consumed() == cut.parser.consumed(),
          "the head's end is the same however the bytes are cut");
  const Request& a = whole.request;
  const Request& b = cut.request;
  require(a.line == b.line && a.method == b.method && a.target.path == b.target.path &&
              a.host == b.host && a.version == b.version && same_fields(a.headers, b.headers),
          "the request is the same however the bytes are cut");
  require(a.content_length == b.content_length && a.chunked == b.chunked &&
              a.keep_alive == b.keep_alive && a.expects_continue == b.expects_continue &&
              a.expects_unknown == b.expects_unknown,
          "the framing is the same however the bytes are cut");
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return c != '\t' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f);
  });
}

void require_sound(const Request& request, std::string_view head) {
  require(is_token(request.method), "a method is a token");
  require(!has_control(request.line), "a request line has no control characters");
  for (const Field& field : request.headers) {
    require(is_token(field.name), "a field name is a token");
    require(!has_control(field.value), "a field value has no control characters");
    require(trimmed(field.value) == field.value, "a field value has no white space around it");
    require(field.name.data() >= head.data() &&
                field.name.data() + field.name.size() <= head.data() + head.size(),
            "a field name is a view of the head");
  }
  require(request.headers.size() <= 12, "no more fields than the limit");
  require(request.version == Version::http_1_0 || request.headers.count("Host") == 1,
          "HTTP/1.1 has one Host");
  require(!request.chunked || !request.content_length, "one framing, not two");
  require(request.headers.count("Content-Length") <= 1, "one Content-Length");
  require(request.chunked == request.headers.has("Transfer-Encoding"),
          "a transfer coding is chunked");
  require(head.ends_with("\r\n\r\n"), "a head ends with an empty line");
  require(std::count(head.begin(), head.end(), '\r') == std::count(head.begin(), head.end(), '\n'),
          "CR and LF come in pairs");
}

}  // namespace

void fuzz(std::string_view input) {
  Choices choices(input);
  const std::size_t end = input.size();
  const Parsed whole(input, {&end, 1});
  const auto cuts = some_cuts(input, choices);
  require_same(whole, Parsed(input, cuts));
  if (whole.state == RequestParser::State::done) {
    require_sound(whole.request, input.substr(0, whole.parser.consumed()));
  } else if (whole.state == RequestParser::State::refused) {
    require(code(whole.parser.refusal().status) >= 400, "a refusal is an error");
    require(!whole.parser.refusal().reason.empty(), "a refusal has a reason");
    require(!has_control(whole.request.line), "what is shown of a refused line can be logged");
  }
}

}  // namespace catena::fuzz
