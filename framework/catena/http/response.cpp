#include "catena/http/response.hpp"

namespace catena {

void Response::replace(Status status) noexcept {
  reset();
  set_status(status);
}

void Response::reset() noexcept {
  headers.clear();
  body.clear();
  status_ = Status::not_found;
  answered_ = false;
}

void Response::drop_content() noexcept {
  body.clear();
  headers.remove_prefixed("Content-");
  headers.remove("ETag");
  headers.remove("Last-Modified");
  headers.remove("Accept-Ranges");
}

void Response::redirect(Status status, std::string_view location) {
  set_status(status);
  headers.set("Location", location);
}

}  // namespace catena
