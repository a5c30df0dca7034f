#include "catena/http/http_response.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "catena/http/body_decoder.hpp"
#include "catena/http/text.hpp"

namespace catena {
namespace {

bool never_has_content(int status) { return status / 100 == 1 || status == 204 || status == 304; }

void read_head(std::string_view head, HttpResponse& response) {
  const std::string_view line = head.substr(0, head.find("\r\n"));
  if (line.size() >= 12) response.status = std::atoi(std::string(line.substr(9, 3)).c_str());
  if (line.size() > 13) response.reason = line.substr(13);
  head.remove_prefix(std::min(head.size(), line.size() + 2));
  while (!head.empty()) {
    const std::string_view field = head.substr(0, head.find("\r\n"));
    const std::size_t colon = field.find(':');
    if (colon != std::string_view::npos) {
      response.headers.emplace_back(field.substr(0, colon), trimmed(field.substr(colon + 1)));
    }
    head.remove_prefix(std::min(head.size(), field.size() + 2));
  }
}

void read_framed(BodyDecoder decoder, std::string_view& bytes, HttpResponse& response) {
  while (decoder.state() == BodyDecoder::State::more && !bytes.empty()) {
    const BodyDecoder::Step step = decoder.decode(bytes, bytes.size());
    response.body.append(step.content);
    bytes.remove_prefix(step.consumed);
    if (step.state == BodyDecoder::State::malformed) return;
  }
  response.complete = decoder.state() == BodyDecoder::State::end;
}

}  // namespace

std::string HttpResponse::header(std::string_view name) const {
  for (const auto& [field, value] : headers) {
    if (equals_ignoring_case(field, name)) return value;
  }
  return {};
}

bool HttpResponse::has(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(),
                     [name](const auto& field) { return equals_ignoring_case(field.first, name); });
}

std::optional<HttpResponse> take_response(std::string_view& bytes, bool head_request, bool ended) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  HttpResponse response;
  read_head(bytes.substr(0, end), response);
  bytes.remove_prefix(end + 4);
  if (head_request || never_has_content(response.status)) {
    response.complete = true;
  } else if (response.has("Transfer-Encoding")) {
    read_framed(BodyDecoder::chunked(), bytes, response);
  } else if (response.has("Content-Length")) {
    const auto length = std::strtoull(response.header("Content-Length").c_str(), nullptr, 10);
    read_framed(BodyDecoder::of_length(length), bytes, response);
  } else {
    response.body = bytes;
    response.complete = ended;
    bytes = {};
  }
  return response;
}

std::vector<HttpResponse> take_responses(std::string_view bytes, bool ended,
                                         const std::vector<std::string>& methods) {
  std::vector<HttpResponse> responses;
  for (;;) {
    const bool head_request =
        responses.size() < methods.size() && methods[responses.size()] == "HEAD";
    auto response = take_response(bytes, head_request, ended);
    if (!response) return responses;
    if (response->status / 100 != 1 || response->status == 101) {
      responses.push_back(std::move(*response));
    }
  }
}

}  // namespace catena
