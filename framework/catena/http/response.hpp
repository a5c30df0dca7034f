#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "catena/export.hpp"
#include "catena/http/body.hpp"
#include "catena/http/headers.hpp"
#include "catena/http/status.hpp"

namespace catena {

class Upgraded;

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

  /// Takes the connection over: once the head is out, `take_over` is called on the same thread with
  /// the stream and what was already read (catena/pipeline/upgraded.hpp); when it returns, the
  /// connection closes. What it throws is logged, and cuts the connection. Nothing it refers to may
  /// go before the exchange is over.
  ///
  ///     response.set_status(Status::switching_protocols);
  ///     response.headers.set("Upgrade", "echo");
  ///     response.upgrade([](Upgraded& connection) { ... });
  ///
  /// Only with 101 to a request that offers the protocol named in "Upgrade", or with a 2xx to
  /// CONNECT; in HTTP/1.1, and after the request's body was read to its end. Otherwise the answer
  /// is a 500 and the reason stands in the log. It has no body, and is not called in a dry run.
  using TakeOver = std::function<void(Upgraded& connection)>;
  void upgrade(TakeOver take_over) { take_over_ = std::move(take_over); }
  bool upgrades() const noexcept { return static_cast<bool>(take_over_); }
  const TakeOver& take_over() const noexcept { return take_over_; }

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
  TakeOver take_over_;
};

}  // namespace catena
