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

void append_connection(std::string& out, const Request& request, bool keep_alive,
                       bool names_protocols) {
  if (!keep_alive) {
    append_field(out, "Connection", names_protocols ? "close, upgrade" : "close");
  } else if (request.version == Version::http_1_0) {
    append_field(out, "Connection", names_protocols ? "keep-alive, upgrade" : "keep-alive");
  } else if (names_protocols) {
    append_field(out, "Connection", "upgrade");
  }
}

/// Whether the request offers every protocol that the response names.
bool offers(const Request& request, std::string_view chosen) {
  bool any = false;
  for (ListReader wanted(chosen); wanted.next();) {
    const auto is_it = [&wanted](const Field& field) {
      if (!equals_ignoring_case(field.name, "Upgrade")) return false;
      for (ListReader offered(field.value); offered.next();) {
        if (equals_ignoring_case(offered.element(), wanted.element())) return true;
      }
      return false;
    };
    if (std::none_of(request.headers.begin(), request.headers.end(), is_it)) return false;
    any = true;
  }
  return any;
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
  const bool no_content = never_has_content(status) || response.upgrades();

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
  bool names_protocols = false;
  if (!server.empty() && !response.headers.has("Server")) append_field(out, "Server", server);
  for (const Field field : response.headers) {
    if (is_among(writers_own, field.name)) continue;
    if (equals_ignoring_case(field.name, "Trailer") && !has_trailers) continue;
    names_protocols = names_protocols || equals_ignoring_case(field.name, "Upgrade");
    append_field(out, field.name, field.value);
  }
  if (framing.kind == Framing::Kind::length) {
    out.append("Content-Length: ");
    append_number(out, *size);
    out.append("\r\n");
  } else if (framing.kind == Framing::Kind::chunked) {
    append_field(out, "Transfer-Encoding", "chunked");
  }
  append_connection(out, request, framing.keep_alive || response.upgrades(), names_protocols);
  out.append("\r\n");

  if (empty || request.method == "HEAD") framing.kind = Framing::Kind::none;
  return framing;
}

std::string_view upgrade_objection(const Request& request, const Response& response) noexcept {
  const Status status = response.status();
  if (status == Status::switching_protocols) {
    if (!response.upgrades()) return "101 is for responses that take the connection over";
    if (request.version == Version::http_1_0) return "HTTP/1.0 has no Upgrade";
    const auto chosen = response.headers.find("Upgrade");
    if (!chosen) return "the response does not name its protocol in Upgrade";
    return offers(request, *chosen) ? std::string_view{}
                                    : "the request does not offer the protocol named in Upgrade";
  }
  if (!response.upgrades()) return {};
  const bool tunnel = request.method == "CONNECT" && code(status) / 100 == 2;
  if (!tunnel) return "a connection is taken over with 101, or with a 2xx to CONNECT";
  return request.version == Version::http_1_0 ? "HTTP/1.0 has no tunnels" : std::string_view{};
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
