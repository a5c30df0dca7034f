#include "catena/http/request_head.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

#include "catena/http/text.hpp"

namespace catena {
namespace {

constexpr std::optional<Refusal> accepted = std::nullopt;

Refusal bad(std::string_view reason) { return {Status::bad_request, reason}; }

/// Calls `use` with every element of every line of that name.
template <typename Use>
void for_each_element(const RequestHeaders& headers, std::string_view name, Use use) {
  if (!headers.may_have(name)) return;
  for (const Field& field : headers) {
    if (!equals_ignoring_case(field.name, name)) continue;
    for (ListReader list(field.value); list.next();) use(list.element());
  }
}

std::optional<Refusal> read_host(Request& request) {
  bool is_there = false;
  for (const Field& field : request.headers) {
    if (!equals_ignoring_case(field.name, "Host")) continue;
    if (std::exchange(is_there, true)) return bad("there is more than one Host");
    request.host = field.value;
  }
  if (!is_there && request.version == Version::http_1_1) return bad("Host is missing");
  if (is_there && !is_host(request.host)) return bad("Host is malformed");
  if (!request.target.authority.empty()) request.host = request.target.authority;
  return accepted;
}

std::optional<Refusal> read_transfer_encoding(Request& request) {
  if (request.version == Version::http_1_0) {
    return bad("HTTP/1.0 has no Transfer-Encoding");
  }
  if (request.headers.has("Content-Length")) {
    return bad("Content-Length stands beside Transfer-Encoding");
  }
  std::size_t codings = 0;
  std::size_t chunked = 0;
  bool chunked_is_last = false;
  for_each_element(request.headers, "Transfer-Encoding", [&](std::string_view coding) {
    ++codings;
    chunked_is_last = equals_ignoring_case(coding, "chunked");
    if (chunked_is_last) ++chunked;
  });
  if (!chunked_is_last || chunked > 1) return bad("the last transfer coding is not chunked");
  if (codings > 1) return Refusal{Status::not_implemented, "only the chunked coding is understood"};
  // Parsers disagree on which of several lines counts, and one of them may stand in front.
  if (request.headers.count("Transfer-Encoding") > 1) {
    return bad("there is a Transfer-Encoding beside the one that says chunked");
  }
  request.chunked = true;
  return accepted;
}

std::optional<Refusal> read_content_length(Request& request) {
  if (request.headers.count("Content-Length") > 1) {
    return bad("there is more than one Content-Length");
  }
  const std::string_view text = *request.headers.find("Content-Length");
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc{} || end != text.data() + text.size() || length > INT64_MAX) {
    return bad("Content-Length is no length");
  }
  request.content_length = length;
  return accepted;
}

void read_connection(Request& request) {
  bool close = false;
  bool keep_alive = false;
  for_each_element(request.headers, "Connection", [&](std::string_view option) {
    close = close || equals_ignoring_case(option, "close");
    keep_alive = keep_alive || equals_ignoring_case(option, "keep-alive");
  });
  request.keep_alive = !close && (keep_alive || request.version == Version::http_1_1);
}

void read_expectation(Request& request) {
  if (request.version == Version::http_1_0) return;
  for_each_element(request.headers, "Expect", [&](std::string_view expectation) {
    if (equals_ignoring_case(expectation, "100-continue")) {
      request.expects_continue = true;
    } else {
      request.expects_unknown = true;
    }
  });
}

}  // namespace

std::optional<Refusal> interpret_head(Request& request) {
  if (auto refusal = read_host(request)) return refusal;
  if (request.headers.has("Transfer-Encoding")) {
    if (auto refusal = read_transfer_encoding(request)) return refusal;
  } else if (request.headers.has("Content-Length")) {
    if (auto refusal = read_content_length(request)) return refusal;
  }
  read_connection(request);
  read_expectation(request);
  return accepted;
}

}  // namespace catena
