#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "catena/export.hpp"

namespace catena {

/// Status codes by the names of RFC 9110 section 15 (428 to 431: RFC 6585). Any other code from 100
/// to 999 may be cast to Status.
enum class Status : std::uint16_t {
  continue_ = 100,
  switching_protocols = 101,
  ok = 200,
  created = 201,
  accepted = 202,
  no_content = 204,
  reset_content = 205,
  partial_content = 206,
  moved_permanently = 301,
  found = 302,
  see_other = 303,
  not_modified = 304,
  temporary_redirect = 307,
  permanent_redirect = 308,
  bad_request = 400,
  unauthorized = 401,
  forbidden = 403,
  not_found = 404,
  method_not_allowed = 405,
  not_acceptable = 406,
  request_timeout = 408,
  conflict = 409,
  gone = 410,
  length_required = 411,
  precondition_failed = 412,
  content_too_large = 413,
  uri_too_long = 414,
  unsupported_media_type = 415,
  range_not_satisfiable = 416,
  expectation_failed = 417,
  misdirected_request = 421,
  unprocessable_content = 422,
  upgrade_required = 426,
  precondition_required = 428,
  too_many_requests = 429,
  request_header_fields_too_large = 431,
  internal_server_error = 500,
  not_implemented = 501,
  bad_gateway = 502,
  service_unavailable = 503,
  gateway_timeout = 504,
  http_version_not_supported = 505,
};

constexpr int code(Status status) noexcept { return static_cast<int>(status); }
constexpr bool is_informational(Status status) noexcept { return code(status) / 100 == 1; }
constexpr bool is_error(Status status) noexcept { return code(status) >= 400; }

/// The reason phrase registered for the status, empty when there is none. A view of constant data.
CATENA_API std::string_view reason_phrase(Status status) noexcept;

/// Thrown by a handler that wants its request answered with a certain error status. What() is for
/// the log; the client is shown only the status.
class CATENA_API HttpError : public std::runtime_error {
 public:
  HttpError(Status status, const std::string& what) : std::runtime_error(what), status_(status) {}
  Status status() const noexcept { return status_; }

 private:
  Status status_;
};

}  // namespace catena
