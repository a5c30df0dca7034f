#pragma once

#include <optional>

#include "catena/export.hpp"
#include "catena/http/request_parser.hpp"

namespace catena {

/// Works out what the fields of a head say of the message: the host (RFC 9112 section 3.2), how the
/// body is framed (section 6.3), whether the connection persists (section 9.3), and what is
/// expected (RFC 9110 section 10.1.1). Every ambiguity is a refusal: two Host lines, Content-Length
/// beside Transfer-Encoding or more than once, a transfer coding other than one final "chunked".
CATENA_API std::optional<Refusal> interpret_head(Request& request);

}  // namespace catena
