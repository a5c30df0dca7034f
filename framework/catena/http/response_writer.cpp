#include "catena/http/response_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "catena/http/date.hpp"
#include "catena/http/text.hpp"

namespace catena {
namespace {

using namespace std::string_view_literals;

/// The fields of a handler's that the writer has a say in: it sends its own instead, or adds to
/// them, or leaves them out.
enum class Concern : std::uint8_t { none, own, server, trailer, upgrade };

constexpr NameSet of_concern{"Date",       "Server",     "Trailer",        "Upgrade",
                             "Connection", "Keep-Alive", "Content-Length", "Transfer-Encoding"};

Concern concern_of(std::string_view name) {
  const auto is = [name](std::string_view other) { return equals_ignoring_case(name, other); };
  switch (name.size()) {
    case 4: return is("Date") ? Concern::own : Concern::none;
    case 6: return is("Server") ? Concern::server : Concern::none;
    case 7:
      if (is("Trailer")) return Concern::trailer;
      return is("Upgrade") ? Concern::upgrade : Concern::none;
    case 10: return is("Connection") || is("Keep-Alive") ? Concern::own : Concern::none;
    case 14: return is("Content-Length") ? Concern::own : Concern::none;
    case 17: return is("Transfer-Encoding") ? Concern::own : Concern::none;
    default: return Concern::none;
  }
}

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

std::string_view as_text(std::string_view text) { return text; }
template <std::size_t size>
constexpr std::string_view as_text(const char (&literal)[size]) {
  return {literal, size - 1};
}

/// Appends the texts, with one look at how much room there is.
template <typename... Texts>
void append_all(std::string& out, const Texts&... texts) {
  const std::size_t before = out.size();
  out.resize(before + (as_text(texts).size() + ...));
  char* at = out.data() + before;
  const auto put = [&at](std::string_view text) { at = std::copy(text.begin(), text.end(), at); };
  (put(as_text(texts)), ...);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  append_all(out, name, ": ", value, "\r\n");
}

/// A number as text.
class Digits {
 public:
  explicit Digits(std::uint64_t number) noexcept
      : end_(std::to_chars(digits_.data(), digits_.data() + digits_.size(), number).ptr) {}
  operator std::string_view() const noexcept {
    return {digits_.data(), static_cast<std::size_t>(end_ - digits_.data())};
  }

 private:
  std::array<char, 20> digits_;
  const char* end_;
};

void append_beginning(std::string& out, Status status) {
  append_all(out, "HTTP/1.1 ", Digits(static_cast<std::uint64_t>(code(status))), " ",
             reason_phrase(status), "\r\nDate: ");
}

/// The head up to the value of Date. The view holds until the thread calls again.
std::string_view beginning(Status status) {
  constexpr int first = 100;
  constexpr int behind = 600;
  static const auto of_classes = [] {
    std::vector<std::string> texts;
    for (int number = first; number < behind; ++number) {
      append_beginning(texts.emplace_back(), static_cast<Status>(number));
    }
    return texts;
  }();
  const int number = code(status);
  if (number >= first && number < behind)
    return of_classes[static_cast<std::size_t>(number - first)];
  thread_local std::string other;
  other.clear();
  append_beginning(other, status);
  return other;
}

/// Appends the handlers' fields but for those that are the writer's own. Whether there is an
/// Upgrade among them.
bool append_fields(std::string& out, const Headers& headers, bool has_trailers) {
  bool names_protocols = false;
  for (const Field field : headers) {
    const Concern concern = concern_of(field.name);
    if (concern == Concern::own) continue;
    if (concern == Concern::trailer && !has_trailers) continue;
    names_protocols = names_protocols || concern == Concern::upgrade;
    append_field(out, field.name, field.value);
  }
  return names_protocols;
}

/// The Connection line, if there is to be one.
std::string_view connection_line(const Request& request, bool keep_alive, bool names_protocols) {
  if (!keep_alive) {
    return names_protocols ? "Connection: close, upgrade\r\n"sv : "Connection: close\r\n"sv;
  }
  if (request.version == Version::http_1_0) {
    return names_protocols ? "Connection: keep-alive, upgrade\r\n"sv
                           : "Connection: keep-alive\r\n"sv;
  }
  return names_protocols ? "Connection: upgrade\r\n"sv : ""sv;
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

  const Headers& fields = response.headers;
  const bool names_server = !server.empty() && !fields.has("Server");
  const bool all_are_sent = !fields.may_have_any(of_concern);
  append_all(out, beginning(status), current_http_date(), names_server ? "\r\nServer: "sv : ""sv,
             names_server ? server : ""sv, "\r\n", all_are_sent ? fields.text() : ""sv);
  const bool names_protocols = !all_are_sent && append_fields(out, fields, has_trailers);
  const std::string_view connection =
      connection_line(request, framing.keep_alive || response.upgrades(), names_protocols);
  if (framing.kind == Framing::Kind::length) {
    append_all(out, "Content-Length: ", Digits(*size), "\r\n", connection, "\r\n");
  } else {
    const bool chunked = framing.kind == Framing::Kind::chunked;
    append_all(out, chunked ? "Transfer-Encoding: chunked\r\n"sv : ""sv, connection, "\r\n");
  }

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
  const bool is_never_in_trailers =
      std::any_of(never_in_trailers.begin(), never_in_trailers.end(),
                  [name](std::string_view other) { return equals_ignoring_case(other, name); });
  if (is_never_in_trailers) return false;
  for (const Field field : response.headers) {
    if (!equals_ignoring_case(field.name, "Trailer")) continue;
    for (ListReader announced(field.value); announced.next();) {
      if (equals_ignoring_case(announced.element(), name)) return true;
    }
  }
  return false;
}

}  // namespace catena
