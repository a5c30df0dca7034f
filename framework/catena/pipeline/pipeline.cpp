#include "catena/pipeline/pipeline.hpp"

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

namespace catena {
namespace {

bool is_same_plugin(const NamedHandler& a, const NamedHandler& b) {
  return a.name == b.name && a.module == b.module;
}

}  // namespace

Pipeline::~Pipeline() { stop(); }

void Pipeline::add(std::string name, std::unique_ptr<Handler> handler, const Module* module,
                   bool listens) {
  handlers_.push_back({std::move(name), std::move(handler), module});
  if (!listens) return;
  listeners_.push_back(handlers_.back().handler.get());
  wants_duration_ = wants_duration_ || listeners_.back()->wants_duration();
}

void Pipeline::take_over(const Pipeline& predecessor) {
  for (auto current = handlers_.begin(); current != handlers_.end(); ++current) {
    const auto is_same = [&](const NamedHandler& other) { return is_same_plugin(other, *current); };
    auto skip = std::count_if(handlers_.begin(), current, is_same);
    const auto before =
        std::find_if(predecessor.handlers_.begin(), predecessor.handlers_.end(),
                     [&](const NamedHandler& other) { return is_same(other) && skip-- == 0; });
    if (before == predecessor.handlers_.end()) continue;
    try {
      current->handler->take_over(*before->handler);
    } catch (const std::exception& error) {
      throw std::runtime_error(current->name + " can't take over: " + error.what());
    }
  }
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
  for (const Handler* const listener : listeners_) listener->finished(exchange, sent);
}

}  // namespace catena
