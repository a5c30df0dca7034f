#pragma once

#include <string_view>

#include "catena/export.hpp"
#include "catena/http/body.hpp"
#include "catena/http/headers.hpp"
#include "catena/http/status.hpp"

namespace catena {

/// What handlers fill in. It says nothing of framing: Content-Length, Transfer-Encoding,
/// Connection, and whether a body may be sent at all, are the writer's.
class CATENA_API Response {
 public:
  Headers headers;
  Body body;

  /// A response starts as a 404 that nobody chose.
  Status status() const noexcept { return status_; }
  /// Chooses a status: from now on the response counts as answered.
  void set_status(Status status) noexcept {
    status_ = status;
    answered_ = true;
  }
  /// Whether a handler chose the status, a 404 among them.
  bool answered() const noexcept { return answered_; }

  /// Drops everything, then answers with the status and no body.
  void replace(Status status) noexcept;
  /// Back to the untouched 404; memory is kept.
  void reset() noexcept;

  /// Drops the body and the fields that describe it: Content-Type and its like, ETag,
  /// Last-Modified, Accept-Ranges. The Content-Range of a 416 stays: it tells the length of what
  /// there is.
  void drop_content() noexcept;

  /// Answers with a redirection to the location, a URI reference, encoded.
  void redirect(Status status, std::string_view location);

 private:
  Status status_ = Status::not_found;
  bool answered_ = false;
};

}  // namespace catena
