#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "catena/export.hpp"
#include "catena/http/request.hpp"
#include "catena/http/response.hpp"

namespace catena {

/// How the body of a response is delimited on the wire (RFC 9112 section 6.3).
struct Framing {
  enum class Kind : std::uint8_t {
    none,     ///< nothing follows the head: HEAD, 1xx, 204, 205, 304, upgrades
    length,   ///< Content-Length bytes follow
    chunked,  ///< the chunked coding, to HTTP/1.1
    close,    ///< all until the connection closes, to HTTP/1.0
  };
  Kind kind = Kind::none;
  bool keep_alive = true;
};

/// Appends the head of the final response and decides its framing; the one place that does.
///
/// `keep_alive` says whether the connection could go on. A response that names protocols in Upgrade
/// has the connection option "upgrade", as RFC 9110 section 7.8 wants it. What handlers set of
/// Content-Length, Transfer-Encoding, Connection, Keep-Alive and Date is left out: those are the
/// writer's. `server` is the Server field's value; none is sent when it is empty or a handler set
/// one. "Trailer" goes out only where trailer fields can follow: with a body from a source, to
/// HTTP/1.1.
CATENA_API Framing append_head(std::string& out, const Request& request, const Response& response,
                               bool keep_alive, std::string_view server);

/// Why the connection can't be handed over as the response wants, or a 101 without that can't be
/// sent: the rules of Response::upgrade, but for the request's body. Empty when it can.
CATENA_API std::string_view upgrade_objection(const Request& request,
                                              const Response& response) noexcept;

/// Whether that field may stand in the trailer section of the response: it is announced in
/// "Trailer", and is none that a recipient needs before the content, as those about framing,
/// routing, caching, authentication and the content itself (RFC 9110 section 6.5.1).
CATENA_API bool may_be_trailer(const Response& response, std::string_view name) noexcept;

}  // namespace catena
