#include "catena/http/response_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <variant>

#include "catena/http/date.hpp"
#include "catena/http/text.hpp"

namespace catena {
namespace {

constexpr std::array<std::string_view, 5> writers_own{"Content-Length", "Transfer-Encoding",
                                                      "Connection", "Keep-Alive", "Date"};

/// What a recipient has to know before the content, so that it is of no use, or a danger, after it.
constexpr std::array<std::string_view, 24> never_in_trailers{"Age",
                                                             "Authorization",
                                                             "Cache-Control",
                                                             "Connection",
                                                             "Content-Encoding",
                                                             "Content-Length",
                                                             "Content-Range",
                                                             "Content-Type",
                                                             "Date",
                                                             "Expires",
                                                             "Host",
                                                             "Keep-Alive",
                                                             "Location",
                                                             "Max-Forwards",
                                                             "Pragma",
                                                             "Proxy-Authenticate",
                                                             "Retry-After",
                                                             "Set-Cookie",
                                                             "TE",
                                                             "Trailer",
                                                             "Transfer-Encoding",
                                                             "Upgrade",
                                                             "Vary",
                                                             "WWW-Authenticate"};

template <std::size_t size>
bool is_among(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [name](std::string_view one) { return equals_ignoring_case(one, name); });
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

bool never_has_content(Status status) {
  return is_informational(status) || status == Status::no_content || status == Status::not_modified;
}

}  // namespace

Framing append_head(std::string& out, const Request& request, const Response& response,
                    bool keep_alive, std::string_view server) {
  const Status status = response.status();
  // 205 says that its content is empty, whatever the body is (RFC 9110 section 15.3.6).
  const bool empty = status == Status::reset_content;
  const std::optional<std::uint64_t> size = empty ? 0 : response.body.size();
  const bool no_content = never_has_content(status);

  const bool has_trailers = request.version == Version::http_1_1 && !no_content && !empty &&
                            std::holds_alternative<Body::Source>(response.body.content()) &&
                            response.headers.has("Trailer");

  Framing framing;
  framing.keep_alive = keep_alive;
  if (no_content) {
    framing.kind = Framing::Kind::none;
  } else if (size && !has_trailers) {
    framing.kind = Framing::Kind::length;
  } else if (request.version == Version::http_1_1) {
    framing.kind = Framing::Kind::chunked;
  } else {
    framing.kind = Framing::Kind::close;
    if (request.method != "HEAD") framing.keep_alive = false;
  }

  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(code(status)));
  out.append(" ").append(reason_phrase(status)).append("\r\n");
  append_field(out, "Date", current_http_date());
  if (!server.empty() && !response.headers.has("Server")) append_field(out, "Server", server);
  for (const Field field : response.headers) {
    if (is_among(writers_own, field.name)) continue;
    if (equals_ignoring_case(field.name, "Trailer") && !has_trailers) continue;
    append_field(out, field.name, field.value);
  }
  if (framing.kind == Framing::Kind::length) {
    out.append("Content-Length: ");
    append_number(out, *size);
    out.append("\r\n");
  } else if (framing.kind == Framing::Kind::chunked) {
    append_field(out, "Transfer-Encoding", "chunked");
  }
  if (!framing.keep_alive) {
    append_field(out, "Connection", "close");
  } else if (request.version == Version::http_1_0) {
    append_field(out, "Connection", "keep-alive");
  }
  out.append("\r\n");

  if (empty || request.method == "HEAD") framing.kind = Framing::Kind::none;
  return framing;
}

bool may_be_trailer(const Response& response, std::string_view name) noexcept {
  if (is_among(never_in_trailers, name)) return false;
  for (const Field field : response.headers) {
    if (!equals_ignoring_case(field.name, "Trailer")) continue;
    for (ListReader announced(field.value); announced.next();) {
      if (equals_ignoring_case(announced.element(), name)) return true;
    }
  }
  return false;
}

}  // namespace catena
