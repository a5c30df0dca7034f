#include "catena/serve/connection.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "catena/http/last_tick.hpp"
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

/// While handlers run, the stream waits where it is.
class InPlace {
 public:
  explicit InPlace(Stream& stream) noexcept
      : stream_(stream), before_(stream.wait_in_place(true)) {}
  ~InPlace() { stream_.wait_in_place(before_); }
  InPlace(const InPlace&) = delete;
  InPlace& operator=(const InPlace&) = delete;

 private:
  Stream& stream_;
  bool before_;
};

}  // namespace

Connection::Connection(Stream& stream, const CurrentService& current,
                       const std::atomic<bool>& stopping)
    : stream_(stream),
      current_(current),
      stopping_(stopping),
      input_(0),
      parser_({}),
      body_(stream, input_),
      exchange_(request_, body_, client_, this),
      sender_(stream) {}

Connection::Connection(Stream& stream, const Client& client, const CurrentService& current,
                       Activity& activity, const std::atomic<bool>& stopping)
    : Connection(stream, current, stopping) {
  attach(client, activity);
}

void Connection::attach(const Client& client, Activity& activity) {
  begin(client, activity);
  take_service();
  activity_->release();
  now_ = steady_clock::now();
  become_idle();
}

void Connection::attach(const Client& client, Activity& activity, Deadline idle_until,
                        steady_clock::time_point noticed) {
  begin(client, activity);
  if (service_ == nullptr) {
    take_service();
    activity_->release();
  }
  deadline_ = idle_until;
  now_ = noticed;
  noticed_ = true;
  state_ = State::idle;
}

void Connection::begin(const Client& client, Activity& activity) {
  input_.clear();
  client_ = client;
  activity_ = &activity;
  noticed_ = false;
}

Pace Connection::pace() const noexcept {
  return {service_->settings.timeouts.stall, service_->settings.limits.bytes_per_second};
}

void Connection::serve() {
  if (advance()) throw std::logic_error("a connection is served whose stream does not wait");
}

std::optional<Deadline> Connection::advance() {
  while (state_ != State::over) {
    if (!go_on()) return deadline_;
  }
  return std::nullopt;
}

/// A step further; false when the stream does not wait and nothing has come.
bool Connection::go_on() {
  switch (state_) {
    case State::idle: return wait_for_request();
    case State::head: return read_head();
    case State::sending: return send();
    case State::draining: return drain();
    case State::lingering: return linger();
    default: return true;
  }
}

/// Whether it is still worth waiting, `now`, for what did not come at once. When it is not, the
/// result is a timeout.
bool Connection::blocked(IoResult& result, steady_clock::time_point now) const {
  if (result.status != IoStatus::blocked) return false;
  if (now < deadline_) return true;
  result.status = IoStatus::timeout;
  return false;
}

void Connection::become_idle() {
  state_ = State::idle;
  input_.release();
  if (!input_.available().empty()) return;
  deadline_ = now_ + idle_;
  activity_->begin_idle(now_);
}

/// Waits for a request's first byte.
bool Connection::wait_for_request() {
  if (input_.available().empty()) {
    IoResult result =
        stopping_ ? stream_.read_arrived(input_.space()) : stream_.read(input_.space(), deadline_);
    if (blocked(result, now_)) return false;
    activity_->begin_request();
    if (result.size == 0) {
      state_ = State::over;
      return true;
    }
    input_.arrived(result.size);
  }
  take_service();
  parser_.reset(request_);
  exchange_.dry_run = service_->dry_run;
  exchange_.began = std::exchange(noticed_, false) ? now_ : steady_clock::now();
  deadline_ = exchange_.began + service_->settings.timeouts.head;
  state_ = State::head;
  return true;
}

/// From here on the current service is the connection's, and so are its settings.
void Connection::take_service() {
  service_ = &activity_->take(current_);
  const HeadLimits limits = service_->settings.limits.of_head();
  input_.grow(limits.head + body_room);
  parser_.set_limits(limits);
  idle_ = service_->settings.timeouts.idle;
}

/// Reads and parses a head whose first byte has arrived; every wait ends at one deadline.
bool Connection::read_head() {
  for (;;) {
    switch (parser_.parse(input_.available(), request_)) {
      case RequestParser::State::done: begin_request(); return true;
      case RequestParser::State::refused: refuse(parser_.refusal()); return true;
      case RequestParser::State::more: break;
    }
    if (input_.space().empty()) {  // pipelined heads have filled it: start this one at the front
      input_.compact();
      parser_.reset(request_);
      continue;
    }
    IoResult result = stream_.read(input_.space(), deadline_);
    if (blocked(result, steady_clock::now())) return false;
    input_.arrived(result.size);
    if (result.size > 0) continue;
    if (parser_.blank()) {
      end_request();
      state_ = State::over;
      return true;
    }
    // What was never parsed to its end is shown by the log as far as it came.
    if (request_.line.empty()) request_.line = first_line(input_.available());
    refuse(result.status == IoStatus::timeout
               ? Refusal{Status::request_timeout, "the request head took too long"}
               : Refusal{Status::bad_request, "the connection ended in the request head"});
    return true;
  }
}

/// The head has been read.
void Connection::begin_request() {
  input_.consume(parser_.consumed());
  input_.keep_consumed();
  body_.begin(request_, service_->settings.limits.body.count, pace(), *activity_);
  if (request_.expects_unknown) {
    return answer_refusal({Status::expectation_failed, "the expectation can't be met"});
  }
  answer();
}

/// The head can't be used, and so nothing that follows can be told apart.
void Connection::refuse(Refusal refusal) {
  body_.begin({}, 0, pace(), *activity_);
  answer_refusal(refusal);
}

/// A request that no handler sees.
void Connection::answer_refusal(const Refusal& refusal) {
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
  begin_send(false);
}

void Connection::answer() {
  exchange_.root = service_->root;
  exchange_.trace = service_->trace;
  activity_->begin_exchange(exchange_);
  {
    const InPlace waiting(stream_);
    service_->pipeline.run(exchange_);
  }
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
  begin_send(request_.keep_alive && body_ends);
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
  const InPlace waiting(stream_);
  Upgraded connection(stream_, input_.available(), *this, pace());
  activity_->hand_over(exchange_.deferred_to());
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

void Connection::begin_send(bool keep_alive) {
  sender_.begin(exchange_, keep_alive && !stopping_, service_->settings.name, pace());
  state_ = State::sending;
}

bool Connection::send() {
  if (!sender_.go_on()) {
    deadline_ = sender_.deadline();
    return false;
  }
  Sent sent = sender_.sent();
  const bool handed_over = exchange_.response.upgrades() && !exchange_.dry_run &&
                           sent.outcome == Sent::Outcome::complete;
  if (handed_over) hand_over(sent);
  const bool exact = service_->pipeline.wants_duration();
  now_ = exact ? steady_clock::now() : last_tick<steady_clock>();
  sent.duration = std::max<steady_clock::duration>(now_ - exchange_.began, {});
  activity_->end_exchange();
  service_->pipeline.finished(exchange_, sent);
  if (sent.outcome != Sent::Outcome::complete) {
    // A client that reads too slowly, or got half a response, is not to find a proper end, nor to
    // leave the kernel with megabytes for it.
    stream_.abandon();
    end_request();
    state_ = State::over;
  } else if (handed_over) {
    begin_linger();
  } else {
    state_ = State::draining;
  }
  return true;
}

/// Reads what is left of the request's body, when the connection goes on, and decides how.
bool Connection::drain() {
  const bool kept = sender_.keeps_alive();
  if (kept && body_.state() != RequestBody::State::end) {
    if (!body_.discard(most_discarded)) {
      deadline_ = body_.deadline();
      return false;
    }
    now_ = steady_clock::now();
  }
  const bool read_whole = body_.state() == RequestBody::State::end;
  if (kept && read_whole) {
    end_request();
    become_idle();
  } else if (read_whole && input_.available().empty()) {
    end_request();
    state_ = State::over;
  } else {
    begin_linger();
  }
  return true;
}

/// What the exchange holds may be the work of the service's handlers.
void Connection::end_request() noexcept {
  exchange_.reset();
  activity_->release();
}

/// Lets the answer arrive before the close: data that comes in after a close would make the kernel
/// reset the connection, and the client lose what it has not read yet (RFC 9112 section 9.6).
void Connection::begin_linger() {
  end_request();
  stream_.finish_writing();
  deadline_ = steady_clock::now() + linger_time;
  lingered_ = 0;
  input_.release();
  input_.consume(input_.available().size());
  state_ = State::lingering;
}

bool Connection::linger() {
  while (lingered_ < 16 * most_discarded) {
    input_.reuse();
    IoResult result = stream_.read(input_.space(), deadline_);
    if (blocked(result, steady_clock::now())) return false;
    if (result.size == 0) break;
    lingered_ += result.size;
  }
  state_ = State::over;
  return true;
}

}  // namespace catena
