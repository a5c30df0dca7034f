// Chunked bodies: the same content and the same end however the bytes are cut, what is accepted is
// what a plain reading of RFC 9112 section 7.1 finds, and what is well formed is accepted.

#include <algorithm>
#include <optional>

#include "catena/http/body_decoder.hpp"
#include "catena/http/text.hpp"
#include "fuzz/fuzz.hpp"

namespace catena::fuzz {
namespace {

struct Decoded {
  std::string content;
  std::size_t consumed = 0;
  BodyDecoder::State state = BodyDecoder::State::more;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view input, std::span<const std::size_t> cuts, Choices& choices) {
  BodyDecoder decoder = BodyDecoder::chunked();
  Decoded decoded;
  for (const std::size_t cut : cuts) {
    while (decoded.state == BodyDecoder::State::more) {
      const std::size_t most = 1 + choices.below(100);
      const auto step =
          decoder.decode(input.substr(decoded.consumed, cut - decoded.consumed), most);
      require(step.content.size() <= std::min(step.consumed, most),
              "no more content than asked for");
      decoded.content += step.content;
      decoded.consumed += step.consumed;
      decoded.state = step.state;
      if (step.consumed == 0) break;
    }
  }
  return decoded;
}

/// Takes a line off the front; nothing when there is no CRLF.
std::optional<std::string_view> take_crlf_line(std::string_view& rest) {
  const std::size_t end = rest.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

/// The content and the length of a chunked body, read with no regard to extensions and trailers;
/// nothing when it is none.
std::optional<std::pair<std::string, std::size_t>> read_plainly(std::string_view input) {
  std::string_view rest = input;
  std::string content;
  for (;;) {
    const auto line = take_crlf_line(rest);
    if (!line) return std::nullopt;
    std::uint64_t size = 0;
    std::size_t digits = 0;
    for (; digits < line->size() && hex_value((*line)[digits]) >= 0; ++digits) {
      if (size > UINT64_MAX / 16) return std::nullopt;
      size = size * 16 + static_cast<std::uint64_t>(hex_value((*line)[digits]));
    }
    if (digits == 0) return std::nullopt;
    if (size == 0) break;
    if (rest.size() < 2 || size > rest.size() - 2) return std::nullopt;
    const auto length = static_cast<std::size_t>(size);
    content += rest.substr(0, length);
    if (rest.substr(length, 2) != "\r\n") return std::nullopt;
    rest.remove_prefix(length + 2);
  }
  for (;;) {
    const auto line = take_crlf_line(rest);
    if (!line) return std::nullopt;
    if (line->empty()) return std::pair(content, input.size() - rest.size());
  }
}

std::string encode(std::string_view content, Choices& choices) {
  std::string out;
  while (!content.empty()) {
    const std::size_t size = std::min(content.size(), 1 + choices.below(40));
    char digits[24];
    std::snprintf(digits, sizeof digits, choices.below(2) == 0 ? "%zx" : "%04zX", size);
    out.append(digits).append(choices.below(3) == 0 ? ";n=\"v\\\"\"" : "").append("\r\n");
    out.append(content.substr(0, size)).append("\r\n");
    content.remove_prefix(size);
  }
  return out.append(choices.below(2) == 0 ? "0\r\n\r\n" : "0;x\r\nA: b\r\n\r\n");
}

}  // namespace

void fuzz(std::string_view input) {
  Choices choices(input);
  const std::size_t end = input.size();
  const Decoded whole = decode(input, {&end, 1}, choices);
  require(decode(input, some_cuts(input, choices), choices) == whole,
          "the body is the same however the bytes are cut");
  if (whole.state == BodyDecoder::State::end) {
    const auto plain = read_plainly(input);
    require(plain && plain->first == whole.content, "the content is what its chunks say");
    require(plain->second == whole.consumed, "the end is where the empty line is");
  }

  const std::string body = encode(input, choices);
  const std::size_t body_end = body.size();
  const Decoded back = decode(body, {&body_end, 1}, choices);
  require(back.state == BodyDecoder::State::end && back.content == input &&
              back.consumed == body.size(),
          "what is well formed is decoded whole");
}

}  // namespace catena::fuzz
