#include "catena/serve/connection.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string_view>

#include "catena/http/response_writer.hpp"
#include "catena/net/deadline.hpp"
#include "catena/pipeline/complaint.hpp"
#include "catena/pipeline/upgraded.hpp"
#include "catena/runtime/log.hpp"

namespace catena {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t body_room = 8 * 1024;
constexpr std::size_t most_discarded = 64 * 1024;
constexpr std::chrono::seconds linger_time{2};

/// The first line of a head that was cut off, as far as it came.
std::string_view first_line(std::string_view head) {
  head.remove_prefix(std::min(head.find_first_not_of("\r\n"), head.size()));
  return head.substr(0, head.find_first_of("\r\n"));
}

}  // namespace

Connection::Connection(Stream& stream, const Client& client, const CurrentService& current,
                       Activity& activity, const std::atomic<bool>& stopping)
    : stream_(stream),
      current_(current),
      activity_(activity),
      stopping_(stopping),
      input_(0),
      parser_({}),
      body_(stream, input_, activity),
      exchange_(request_, body_, client, this),
      sender_(stream) {
  take_service();
  activity_.release();
}

Pace Connection::pace() const noexcept {
  return {service_->settings.timeouts.stall, service_->settings.limits.bytes_per_second};
}

void Connection::serve() {
  After after = After::keep;
  while (after == After::keep) after = serve_next();
  if (after == After::linger) linger();
}

Connection::After Connection::serve_next() {
  if (!wait_for_request()) return After::close;
  take_service();
  const After after = serve_request();
  // What the exchange holds may be the work of the service's handlers.
  exchange_.reset();
  activity_.release();
  return after;
}

/// Waits for a request's first byte; false when none comes.
bool Connection::wait_for_request() {
  input_.release();
  if (!input_.available().empty()) return true;
  activity_.begin_idle();
  if (stopping_) return false;
  const IoResult result = stream_.read(input_.space(), steady_clock::now() + idle_);
  activity_.begin_request();
  input_.arrived(result.size);
  return result.size > 0;
}

/// From here on the current service is the connection's, and so are its settings.
void Connection::take_service() {
  service_ = &activity_.take(current_);
  const HeadLimits limits = service_->settings.limits.of_head();
  input_.grow(limits.head + body_room);
  parser_.set_limits(limits);
  idle_ = service_->settings.timeouts.idle;
}

Connection::After Connection::serve_request() {
  parser_.reset(request_);
  exchange_.dry_run = service_->dry_run;
  exchange_.began = steady_clock::now();
  switch (read_head()) {
    case Head::closed: return After::close;
    case Head::refused: return answer_refusal(refusal_);
    case Head::ready: break;
  }
  input_.consume(parser_.consumed());
  input_.keep_consumed();
  body_.begin(request_, service_->settings.limits.body.count, pace());
  if (request_.expects_unknown) {
    return answer_refusal({Status::expectation_failed, "the expectation can't be met"});
  }
  return answer();
}

/// Reads and parses a head whose first byte has arrived; every wait ends at one deadline.
Connection::Head Connection::read_head() {
  const Deadline deadline = exchange_.began + service_->settings.timeouts.head;
  for (;;) {
    switch (parser_.parse(input_.available(), request_)) {
      case RequestParser::State::done: return Head::ready;
      case RequestParser::State::refused: refusal_ = parser_.refusal(); return Head::refused;
      case RequestParser::State::more: break;
    }
    if (input_.space().empty()) {  // pipelined heads have filled it: start this one at the front
      input_.compact();
      parser_.reset(request_);
      continue;
    }
    const IoResult result = stream_.read(input_.space(), deadline);
    input_.arrived(result.size);
    if (result.size > 0) continue;
    if (parser_.blank()) return Head::closed;
    refusal_ = result.status == IoStatus::timeout
                   ? Refusal{Status::request_timeout, "the request head took too long"}
                   : Refusal{Status::bad_request, "the connection ended in the request head"};
    // What was never parsed to its end is shown by the log as far as it came.
    if (request_.line.empty()) request_.line = first_line(input_.available());
    return Head::refused;
  }
}

/// A request that no handler sees.
Connection::After Connection::answer_refusal(const Refusal& refusal) {
  Response& response = exchange_.response;
  response.replace(refusal.status);
  response.headers.set("Content-Type", "text/plain; charset=utf-8");
  std::array<char, 3> digits;
  std::to_chars(digits.data(), digits.data() + digits.size(), code(refusal.status));
  for (const std::string_view part :
       {std::string_view(digits.data(), digits.size()), std::string_view(" "),
        reason_phrase(refusal.status), std::string_view(": "), refusal.reason,
        std::string_view("\n")}) {
    response.body.append(part);
  }
  return finish(false);
}

Connection::After Connection::answer() {
  exchange_.root = service_->root;
  exchange_.trace = service_->trace;
  activity_.begin_exchange(exchange_);
  service_->pipeline.run(exchange_);
  const bool body_read = body_.state() == RequestBody::State::end;
  if (!check_body_before_head()) {
    return answer_refusal({Status::bad_request, "the request body is malformed"});
  }
  if (const std::string_view reason = objection(body_read); !reason.empty()) {
    log::error(complaint(exchange_, exchange_.deferred_to(), reason));
    return answer_refusal({Status::internal_server_error, "the connection can't be handed over"});
  }
  // With the end of the body in sight it is read and dropped, so that the connection can go on.
  const bool body_ends = body_.state() == RequestBody::State::end ||
                         (body_.state() == RequestBody::State::more && !body_.awaits_continue() &&
                          body_.left().value_or(0) <= most_discarded);
  return finish(request_.keep_alive && body_ends);
}

/// What has arrived of a body that nobody read must be well-formed, or the request gets no other
/// answer than 400: false then.
bool Connection::check_body_before_head() {
  if (body_.state() != RequestBody::State::more) return true;
  return body_.discard_arrived(most_discarded) != RequestBody::State::malformed;
}

/// Why the connection can't be handed over to the handler that wants it; empty when it can, or none
/// does.
std::string_view Connection::objection(bool body_read) const noexcept {
  const Response& response = exchange_.response;
  const std::string_view reason = upgrade_objection(request_, response);
  if (!reason.empty() || !response.upgrades()) return reason;
  return body_read ? std::string_view{}
                   : "it takes the connection over before the request's body was read to its end";
}

/// Gives the connection to the handler that took it over, and adds what that has sent.
void Connection::hand_over(Sent& sent) {
  Upgraded connection(stream_, input_.available(), *this, pace());
  activity_.hand_over(exchange_.deferred_to());
  try {
    exchange_.response.take_over()(connection);
    sent.outcome = to_outcome(connection.failure());
  } catch (...) {
    log::error(complaint(exchange_, exchange_.deferred_to(), cause_in_flight()));
    sent.outcome = Sent::Outcome::cut;
  }
  sent.body_bytes += connection.written();
  input_.consume(input_.available().size());
}

Connection::After Connection::finish(bool keep_alive) {
  auto [sent, kept] =
      sender_.send(exchange_, keep_alive && !stopping_, service_->settings.name, pace());
  const bool handed_over = exchange_.response.upgrades() && !exchange_.dry_run &&
                           sent.outcome == Sent::Outcome::complete;
  if (handed_over) hand_over(sent);
  sent.duration = steady_clock::now() - exchange_.began;
  activity_.end_exchange();
  service_->pipeline.finished(exchange_, sent);
  if (sent.outcome != Sent::Outcome::complete) {
    // A client that reads too slowly, or got half a response, is not to find a proper end, nor to
    // leave the kernel with megabytes for it.
    stream_.abandon();
    return After::close;
  }
  if (handed_over) return After::linger;
  if (kept) body_.discard(most_discarded);
  const bool read_whole = body_.state() == RequestBody::State::end;
  if (kept && read_whole) return After::keep;
  return read_whole && input_.available().empty() ? After::close : After::linger;
}

/// Lets the answer arrive before the close: data that comes in after a close would make the kernel
/// reset the connection, and the client lose what it has not read yet (RFC 9112 section 9.6).
void Connection::linger() {
  stream_.finish_writing();
  const Deadline deadline = steady_clock::now() + linger_time;
  input_.release();
  input_.consume(input_.available().size());
  std::size_t total = 0;
  while (total < 16 * most_discarded) {
    input_.reuse();
    const IoResult result = stream_.read(input_.space(), deadline);
    if (result.size == 0) break;
    total += result.size;
  }
}

}  // namespace catena
