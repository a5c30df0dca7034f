#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catena/export.hpp"
#include "catena/http/http_response.hpp"
#include "catena/pipeline/trace.hpp"
#include "catena/serve/configuration.hpp"

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

/// Sends a request through a configuration's chain in memory, by the real parser and writer, with
/// no socket. The exchange says that it is a dry run, and handlers need not have been started. The
/// walk is written into the trace when there is one; it stays empty when the parser refuses the
/// request.
CATENA_API HttpResponse rehearse(const Configuration& configuration,
                                 const RehearsedRequest& request, Trace* trace = nullptr);

}  // namespace catena
