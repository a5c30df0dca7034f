#include "catena/http/response.hpp"

#include <array>

namespace catena {
namespace {

/// Fields about a representation (RFC 9110 section 8); not Content-Security-Policy, which is about
/// what a page may do, whichever it is.
constexpr std::array<std::string_view, 10> describes_content{
    "Content-Type",        "Content-Encoding", "Content-Language", "Content-Location",
    "Content-Disposition", "Content-Length",   "Content-Digest",   "ETag",
    "Last-Modified",       "Accept-Ranges"};

}  // namespace

void Response::replace(Status status) noexcept {
  reset();
  set_status(status);
}

void Response::reset() noexcept {
  headers.clear();
  body.clear();
  status_ = Status::not_found;
  answered_ = false;
  take_over_ = nullptr;
}

void Response::drop_content() noexcept {
  body.clear();
  if (headers.size() == 0) return;
  for (const std::string_view name : describes_content) headers.remove(name);
  if (status_ != Status::range_not_satisfiable) headers.remove("Content-Range");
}

void Response::redirect(Status status, std::string_view location) {
  set_status(status);
  headers.set("Location", location);
}

}  // namespace catena
