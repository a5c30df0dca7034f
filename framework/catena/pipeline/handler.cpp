#include "catena/pipeline/handler.hpp"

#include <exception>
#include <string>
#include <string_view>

#include "catena/runtime/log.hpp"

namespace catena {
namespace {

std::string complaint(const Exchange& exchange, std::string_view handler, std::string_view what) {
  std::string text;
  text.append(handler).append(" failed on ");
  text.append(log::quoted(exchange.request.line)).append(": ").append(what);
  return text;
}

void answer_exception(Exchange& exchange, std::string_view handler, Status status,
                      std::string_view what) {
  exchange.response.replace(status);
  exchange.note("it threw: ", what);
  const auto level = code(status) >= 500 ? log::Level::error : log::Level::debug;
  log::write(level, complaint(exchange, handler, what));
}

/// Turns the exception in flight into a response.
void answer_exception(Exchange& exchange, std::string_view handler) {
  exchange.error = std::current_exception();
  try {
    throw;
  } catch (const HttpError& error) {
    answer_exception(exchange, handler, error.status(), error.what());
  } catch (const std::exception& error) {
    answer_exception(exchange, handler, Status::internal_server_error, error.what());
  } catch (...) {
    answer_exception(exchange, handler, Status::internal_server_error,
                     "it threw something that is no std::exception");
  }
}

}  // namespace

void Handler::finished(const Exchange&, const Sent&) const noexcept {}

void Next::operator()(Exchange& exchange) noexcept {
  if (called_) {
    const std::string* caller = exchange.running_.load(std::memory_order_relaxed);
    exchange.response.replace(Status::internal_server_error);
    log::write(log::Level::error, complaint(exchange, caller != nullptr ? *caller : "a handler",
                                            "it called next a second time"));
    return;
  }
  called_ = true;
  if (rest_.empty()) return;
  const NamedHandler& current = rest_.front();
  const std::string* caller = exchange.running_.exchange(&current.name, std::memory_order_acq_rel);
  if (exchange.trace != nullptr) exchange.trace->enter(current.name, exchange);
  try {
    Next next(rest_.subspan(1));
    current.handler->handle(exchange, next);
  } catch (...) {
    answer_exception(exchange, current.name);
  }
  if (exchange.trace != nullptr) exchange.trace->leave(exchange);
  exchange.running_.store(caller, std::memory_order_release);
}

}  // namespace catena
