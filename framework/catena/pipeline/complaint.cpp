#include "catena/pipeline/complaint.hpp"

#include <exception>

#include "catena/runtime/log.hpp"

namespace catena {

std::string complaint(const Exchange& exchange, std::string_view handler, std::string_view what) {
  std::string text(handler.empty() ? "a handler" : handler);
  text.append(" failed on ").append(log::quoted(exchange.request.line));
  return text.append(": ").append(what);
}

std::string cause_in_flight() {
  try {
    throw;
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "it threw something that is no std::exception";
  }
}

}  // namespace catena
