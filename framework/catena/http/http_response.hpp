#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catena/export.hpp"

namespace catena {

/// A response as a client sees it, with its framing taken off.
struct HttpResponse {
  int status = 0;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool complete = false;  ///< whether the body was there whole, as its framing says

  /// The value of the first field of that name, compared without case; "" when there is none.
  CATENA_API std::string header(std::string_view name) const;
  CATENA_API bool has(std::string_view name) const;
};

/// Takes the first response off the front of what a server sent; nothing when not even its head is
/// there. `head_request` says that no body follows whatever the head says; `ended` that the
/// connection is closed, which ends a body without a length.
CATENA_API std::optional<HttpResponse> take_response(std::string_view& bytes, bool head_request,
                                                     bool ended);

/// All responses to requests of these methods, "GET" for those not listed, interim ones left out.
CATENA_API std::vector<HttpResponse> take_responses(std::string_view bytes, bool ended,
                                                    const std::vector<std::string>& methods = {});

}  // namespace catena
