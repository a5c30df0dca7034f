// The request parser beside another one, http-parser: what catena accepts, that one accepts too,
// and both agree on what the request says and on where it ends. (What catena refuses that one may
// well accept: it is less strict.)

#include <http_parser.h>

#include <algorithm>

#include "catena/http/body_decoder.hpp"
#include "catena/http/request_parser.hpp"
#include "catena/http/text.hpp"
#include "fuzz/fuzz.hpp"

namespace catena::fuzz {
namespace {

/// What http-parser finds in one request.
struct Other {
  std::string url;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  bool ended = false;
  bool keep_alive = false;
  std::size_t consumed = 0;
  http_parser parser{};

  explicit Other(std::string_view input) {
    http_parser_settings settings;
    http_parser_settings_init(&settings);
    settings.on_url = [](http_parser* of, const char* at, std::size_t size) {
      self(of).url.append(at, size);
      return 0;
    };
    settings.on_header_field = [](http_parser* of, const char* at, std::size_t size) {
      Other& other = self(of);
      if (other.fields.empty() || other.in_value) other.fields.emplace_back();
      other.in_value = false;
      other.fields.back().first.append(at, size);
      return 0;
    };
    settings.on_header_value = [](http_parser* of, const char* at, std::size_t size) {
      self(of).in_value = true;
      self(of).fields.back().second.append(at, size);
      return 0;
    };
    settings.on_headers_complete = [](http_parser* of) {
      self(of).fields_of_head = self(of).fields.size();
      return 0;
    };
    settings.on_body = [](http_parser* of, const char* at, std::size_t size) {
      self(of).body.append(at, size);
      return 0;
    };
    settings.on_message_complete = [](http_parser* of) {
      self(of).ended = true;
      self(of).keep_alive = http_should_keep_alive(of) != 0;
      http_parser_pause(of, 1);
      return 0;
    };
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = this;
    consumed = http_parser_execute(&parser, &settings, input.data(), input.size());
    fields.resize(std::min(fields.size(), fields_of_head));
  }

  bool failed() const { return HTTP_PARSER_ERRNO(&parser) != HPE_OK && !ended; }

 private:
  static Other& self(http_parser* of) { return *static_cast<Other*>(of->data); }
  bool in_value = false;
  std::size_t fields_of_head = static_cast<std::size_t>(-1);
};

bool knows_method(std::string_view name) {
  for (unsigned method = 0; method <= HTTP_SOURCE; ++method) {
    if (name == http_method_str(static_cast<http_method>(method))) return true;
  }
  return false;
}

constexpr std::string_view misread = "Transfer-Encoding";

/// It takes "Transfer-Encodingx" for "Transfer-Encoding".
bool has_misread_field(const RequestHeaders& headers) {
  return std::any_of(headers.begin(), headers.end(), [](const Field& field) {
    return field.name.size() > misread.size() &&
           equals_ignoring_case(field.name.substr(0, misread.size()), misread);
  });
}

/// It heeds fields about framing and the connection in a trailer section, which is the hole that
/// trailers are known for; catena drops them.
bool is_out_of_reach(std::string_view chunked_body) {
  std::string lower(chunked_body);
  std::transform(lower.begin(), lower.end(), lower.begin(), to_lower);
  return lower.find("content-length") != std::string::npos ||
         lower.find("transfer-encoding") != std::string::npos ||
         lower.find("connection") != std::string::npos ||
         lower.find("upgrade") != std::string::npos;
}

/// What that parser does not do, or does differently with no harm: it knows a fixed list of
/// methods, ends at "Upgrade" and after CONNECT, takes no "chunked" but as the whole value, and
/// reads absolute-form by rules of its own.
bool is_out_of_reach(const Request& request) {
  return !knows_method(request.method) || request.method == "CONNECT" ||
         request.headers.has("Upgrade") || has_misread_field(request.headers) ||
         (request.chunked && *request.headers.find("Transfer-Encoding") != "chunked") ||
         request.target.form == TargetForm::absolute;
}

}  // namespace

void fuzz(std::string_view input) {
  RequestParser parser(HeadLimits{});
  Request request;
  parser.reset(request);
  if (parser.parse(input, request) != RequestParser::State::done) return;
  // It takes no tab for white space, neither behind a number nor in a chunk's line.
  if (is_out_of_reach(request) || input.find('\t') != std::string_view::npos) return;

  BodyDecoder decoder = request.chunked
                            ? BodyDecoder::chunked()
                            : BodyDecoder::of_length(request.content_length.value_or(0));
  std::string body;
  std::size_t consumed = parser.consumed();
  while (decoder.state() == BodyDecoder::State::more) {
    const auto step = decoder.decode(input.substr(consumed), 1000);
    body += step.content;
    consumed += step.consumed;
    if (step.consumed == 0) break;
  }
  if (decoder.state() == BodyDecoder::State::malformed) return;
  if (request.chunked && is_out_of_reach(input.substr(parser.consumed()))) return;

  const Other other(input);
  require(!other.failed(), "what is accepted here is accepted there");
  require(http_method_str(static_cast<http_method>(other.parser.method)) == request.method,
          "both see the same method");
  require(other.url == request.target.raw, "both see the same target");
  require(std::equal(request.headers.begin(), request.headers.end(), other.fields.begin(),
                     other.fields.end(),
                     [](const Field& ours, const auto& theirs) {
                       return ours.name == theirs.first && ours.value == trimmed(theirs.second);
                     }),
          "both see the same fields");
  require(other.ended == (decoder.state() == BodyDecoder::State::end),
          "both see the end of the request, or neither");
  if (!other.ended) return;
  require(other.body == body, "both see the same body");
  require(other.consumed == consumed, "both see the request end at the same byte");
  // It loses its way in lists that are not written as people write them.
  if (request.headers.count("Connection") <= 1 &&
      is_token(request.headers.find("Connection").value_or("none"))) {
    require(other.keep_alive == request.keep_alive, "both see the connection go on, or neither");
  }
}

}  // namespace catena::fuzz
