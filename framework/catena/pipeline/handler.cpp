#include "catena/pipeline/handler.hpp"

#include <exception>
#include <string>
#include <string_view>

#include "catena/pipeline/complaint.hpp"
#include "catena/runtime/log.hpp"

namespace catena {
namespace {

Status status_in_flight() {
  try {
    throw;
  } catch (const HttpError& error) {
    return error.status();
  } catch (...) {
    return Status::internal_server_error;
  }
}

/// Turns the exception in flight into a response.
void answer_exception(Exchange& exchange, std::string_view handler) {
  exchange.error = std::current_exception();
  const Status status = status_in_flight();
  const std::string what = cause_in_flight();
  exchange.response.replace(status);
  exchange.note("it threw: ", what);
  const auto level = code(status) >= 500 ? log::Level::error : log::Level::debug;
  log::write(level, complaint(exchange, handler, what));
}

}  // namespace

void Handler::take_over(const Handler&) {}

void Handler::finished(const Exchange&, const Sent&) const noexcept {}

void Next::operator()(Exchange& exchange) noexcept {
  if (called_) {
    const std::string* caller = exchange.running_.load(std::memory_order_relaxed);
    exchange.response.replace(Status::internal_server_error);
    exchange.note("it called next a second time");
    log::write(log::Level::error, complaint(exchange, caller != nullptr ? *caller : "a handler",
                                            "it called next a second time"));
    return;
  }
  called_ = true;
  if (rest_.empty()) return;
  const NamedHandler& current = rest_.front();
  // One thread writes it, the others read.
  const std::string* const caller = exchange.running_.load(std::memory_order_relaxed);
  exchange.running_.store(&current.name, std::memory_order_release);
  Trace* const trace = exchange.trace;
  if (trace != nullptr) trace->enter(current.name, exchange);
  try {
    Next next(rest_.subspan(1));
    current.handler->handle(exchange, next);
  } catch (...) {
    answer_exception(exchange, current.name);
  }
  if (trace != nullptr) trace->leave(exchange);
  exchange.settle_deferred(current.name);
  exchange.running_.store(caller, std::memory_order_release);
}

}  // namespace catena
