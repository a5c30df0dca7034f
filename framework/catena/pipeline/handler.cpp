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

/// Turns the exception in flight into a response.
void answer_exception(Exchange& exchange, std::string_view handler) {
  exchange.error = std::current_exception();
  try {
    throw;
  } catch (const HttpError& error) {
    exchange.response.replace(error.status());
    const auto level = code(error.status()) >= 500 ? log::Level::error : log::Level::debug;
    log::write(level, complaint(exchange, handler, error.what()));
  } catch (const std::exception& error) {
    exchange.response.replace(Status::internal_server_error);
    log::write(log::Level::error, complaint(exchange, handler, error.what()));
  } catch (...) {
    exchange.response.replace(Status::internal_server_error);
    log::write(log::Level::error,
               complaint(exchange, handler, "it threw something that is no std::exception"));
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
  try {
    Next next(rest_.subspan(1));
    current.handler->handle(exchange, next);
  } catch (...) {
    answer_exception(exchange, current.name);
  }
  exchange.running_.store(caller, std::memory_order_release);
}

}  // namespace catena
