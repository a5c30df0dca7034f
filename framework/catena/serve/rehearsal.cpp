#include "catena/serve/rehearsal.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "catena/http/text.hpp"
#include "catena/net/memory_stream.hpp"
#include "catena/serve/connection.hpp"

namespace catena {

std::string RehearsedRequest::bytes() const {
  std::string text(method);
  text.append(" ").append(target).append(" HTTP/1.1\r\n");
  const bool has_host = std::any_of(fields.begin(), fields.end(), [](const auto& field) {
    return equals_ignoring_case(field.first, "Host");
  });
  if (!has_host) text.append("Host: localhost\r\n");
  for (const auto& [name, value] : fields) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  if (!body.empty()) {
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  }
  return text.append("\r\n").append(body);
}

std::optional<RehearsedRequest> parse_rehearsed(std::string_view text) {
  RehearsedRequest request;
  const std::size_t space = text.find(' ');
  request.target = text.substr(space == std::string_view::npos ? 0 : space + 1);
  if (space != std::string_view::npos) request.method = text.substr(0, space);
  // What has none of these marks is a word that was meant otherwise: a method without a target.
  const bool is_target = request.target.starts_with('/') || request.target == "*" ||
                         request.target.find(':') != std::string::npos;
  const bool plain = request.target.find_first_of(" \r\n") == std::string::npos;
  if (!is_token(request.method) || !is_target || !plain) return std::nullopt;
  return request;
}

RehearsedResponse rehearse(const Configuration& configuration, const RehearsedRequest& request,
                           Trace* trace, RehearsalWatch* watch) {
  const Service service{configuration.settings, *configuration.pipeline, configuration.root.get(),
                        true, trace};
  const CurrentService current{&service};
  const Client nobody{"127.0.0.1", 0};
  MemoryStream stream({request.bytes()});
  stream.break_after(most_rehearsed);
  Activity activity;
  const std::atomic<bool> stopping{false};
  {
    RehearsalWatch own;
    const RehearsalWatch::Turn turn(watch != nullptr ? *watch : own, activity,
                                    configuration.settings.timeouts.handler);
    Connection(stream, nobody, current, activity, stopping).serve();
  }
  auto responses = take_responses(stream.output(), true, {request.method});
  RehearsedResponse response;
  if (responses.empty()) return response;
  static_cast<HttpResponse&>(response) = std::move(responses.front());
  response.too_long = !response.complete && stream.output().size() >= most_rehearsed;
  return response;
}

}  // namespace catena
