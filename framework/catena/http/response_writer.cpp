#include "catena/http/response_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>

#include "catena/http/date.hpp"
#include "catena/http/text.hpp"

namespace catena {
namespace {

constexpr std::array<std::string_view, 5> writers_own{"Content-Length", "Transfer-Encoding",
                                                      "Connection", "Keep-Alive", "Date"};

bool is_writers_own(std::string_view name) {
  return std::any_of(writers_own.begin(), writers_own.end(), [name](std::string_view own) {
    return equals_ignoring_case(own, name);
  });
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
  const std::optional<std::uint64_t> size = response.body.size();
  const bool no_content = never_has_content(status);

  Framing framing;
  framing.keep_alive = keep_alive;
  if (no_content) {
    framing.kind = Framing::Kind::none;
  } else if (size) {
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
    if (!is_writers_own(field.name)) append_field(out, field.name, field.value);
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

  if (request.method == "HEAD") framing.kind = Framing::Kind::none;
  return framing;
}

}  // namespace catena
