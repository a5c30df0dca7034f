#include "catena/pipeline/pipeline.hpp"

#include <exception>
#include <stdexcept>
#include <utility>

namespace catena {

Pipeline::~Pipeline() { stop(); }

void Pipeline::add(std::string name, std::unique_ptr<Handler> handler, const Module* module) {
  handlers_.push_back({std::move(name), std::move(handler), module});
}

void Pipeline::start() {
  for (; started_ < handlers_.size(); ++started_) {
    const NamedHandler& current = handlers_[started_];
    try {
      current.handler->start();
    } catch (const std::exception& error) {
      stop();
      throw std::runtime_error(current.name + " can't start: " + error.what());
    }
  }
}

void Pipeline::stop() noexcept {
  while (started_ > 0) handlers_[--started_].handler->stop();
}

void Pipeline::run(Exchange& exchange) const noexcept {
  Trace* const trace = exchange.trace;
  if (trace != nullptr) trace->enter_chain();
  Next next(handlers_);
  next(exchange);
  if (trace != nullptr) trace->leave_chain();
}

void Pipeline::finished(const Exchange& exchange, const Sent& sent) const noexcept {
  for (const NamedHandler& current : handlers_) current.handler->finished(exchange, sent);
}

}  // namespace catena
