#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catena/export.hpp"
#include "catena/http/http_response.hpp"
#include "catena/pipeline/trace.hpp"
#include "catena/serve/configuration.hpp"
#include "catena/serve/rehearsal_watch.hpp"

namespace catena {

/// A request as people write it down: "GET /docs/" and fields.
struct RehearsedRequest {
  std::string method = "GET";
  std::string target = "/";
  std::vector<std::pair<std::string, std::string>> fields;  ///< Host is "localhost" without one

  std::string body;  ///< sent with its Content-Length, unless it is empty

  /// As it would be sent, in HTTP/1.1.
  CATENA_API std::string bytes() const;
};

/// Nothing unless the text is a method and a target, or a target alone, which stands for GET.
CATENA_API std::optional<RehearsedRequest> parse_rehearsed(std::string_view text);

/// How much of an answer a dry run keeps.
inline constexpr std::size_t most_rehearsed = std::size_t{64} << 20;

/// What a dry run is answered; the status is 0 when the body failed before its first byte, and
/// nothing was sent.
struct RehearsedResponse : HttpResponse {
  bool too_long = false;  ///< more than most_rehearsed, and cut there

  /// Whether it ends before its end: the source of its body failed.
  bool was_cut() const noexcept { return !complete && !too_long; }
  /// Whether it is too long, and nobody knows how long.
  bool seems_endless() const { return too_long && !has("Content-Length"); }
};

/// Sends a request through a configuration's chain in memory, by the real parser and writer, with
/// no socket. The exchange says that it is a dry run, and handlers need not have been started. The
/// walk is written into the trace when there is one; it stays empty when the parser refuses the
/// request. A run that takes longer than timeouts.handler is named in the log, and `watch`, where
/// there is one, knows all the time what it is at.
CATENA_API RehearsedResponse rehearse(const Configuration& configuration,
                                      const RehearsedRequest& request, Trace* trace = nullptr,
                                      RehearsalWatch* watch = nullptr);

}  // namespace catena
