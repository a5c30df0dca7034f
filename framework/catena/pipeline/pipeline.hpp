#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "catena/export.hpp"
#include "catena/pipeline/handler.hpp"

namespace catena {

/// The handlers of a configuration in their order, outermost first. Built once, then only read.
class CATENA_API Pipeline {
 public:
  Pipeline() = default;
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;
  /// Stops what is still started.
  ~Pipeline();

  /// Appends a handler, innermost so far, and the module whose code it is. One that does not
  /// listen has no `finished` of its own, which is then not called. Not after `start`.
  void add(std::string name, std::unique_ptr<Handler> handler, const Module* module = nullptr,
           bool listens = true);
  std::span<const NamedHandler> handlers() const noexcept { return handlers_; }

  /// Shows each handler the one that it takes the place of, as Handler::take_over says; throws
  /// std::runtime_error with the handler's name and its reason when one throws. Before `start`.
  void take_over(const Pipeline& predecessor);
  /// Starts the handlers in order. When one throws, those before it are stopped and a
  /// std::runtime_error with the handler's name and its reason is thrown.
  void start();
  /// Stops those that were started, in reverse order.
  void stop() noexcept;

  /// Runs the chain; never throws. Any thread, but no exchange on two at once.
  void run(Exchange& exchange) const noexcept;
  /// Tells every handler that listens that the request is over.
  void finished(const Exchange& exchange, const Sent& sent) const noexcept;
  /// Whether a handler that listens wants to know how long the request took.
  bool wants_duration() const noexcept { return wants_duration_; }

 private:
  std::vector<NamedHandler> handlers_;
  std::vector<const Handler*> listeners_;
  bool wants_duration_ = false;
  std::size_t started_ = 0;
};

}  // namespace catena
