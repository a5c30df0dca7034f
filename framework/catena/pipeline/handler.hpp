#pragma once

#include <memory>
#include <span>
#include <string>

#include "catena/export.hpp"
#include "catena/pipeline/exchange.hpp"

namespace catena {

class Next;
struct Module;

/// What plugins make: an object that answers an exchange, or calls `next` and amends what comes
/// back.
///
/// Its life: the factory builds it without side effects; it may be tried in dry runs; on a reload,
/// `take_over` shows it the one before it; `start` is called once before serving; `handle` and
/// `finished` from many threads at once; `stop` once at the end, when no call is left.
///
/// Dry runs come before `start`, and mostly no `start` follows: `catena check`, `catena explain`
/// and every reload run `handle`, the sources of its bodies, and `finished` of a handler that was
/// only built. `exchange.dry_run` says so. A handler then answers as it would, but holds back from
/// what writes, connects, counts, or goes on without end, and touches nothing that `start` makes: a
/// null pointer there would end the server in the middle of a reload.
class CATENA_API Handler {
 public:
  virtual ~Handler() = default;

  /// Answers in exchange.response, or calls next(exchange) and amends it. Request state lives on
  /// the stack or in the exchange, never in the handler. What it throws becomes a 500, or the
  /// status of an HttpError, and is logged. In a dry run it may be called before `start`.
  virtual void handle(Exchange& exchange, Next& next) const = 0;

  /// Called on every handler of the chain once a request is over, whether or not `handle` saw it:
  /// requests that the parser refused end here too, and so do dry runs before `start`.
  virtual void finished(const Exchange& exchange, const Sent& sent) const noexcept;

  /// Whether `finished` reads Sent::duration, for which the clock is looked at after every request.
  /// Asked once, before `start`. When no handler of the chain wants it, the duration is as of the
  /// system's last tick, up to 10 ms before.
  virtual bool wants_duration() const noexcept { return true; }

  /// Takes over what is to be kept across a reload: counters, caches, connections. Called at most
  /// once, before `start`, with the handler of the same plugin at the matching place of the chain
  /// before the reload: the first of that plugin's name with the first, the second with the second.
  /// It is of the same class; a module that was loaded anew is another plugin, and takes over from
  /// none. The predecessor serves meanwhile, from many threads, and goes on with it: for good if
  /// the reload is refused after all, else until its last request is finished. So what both use
  /// afterwards is shared, as by std::shared_ptr, and the predecessor is left as it is. What this
  /// throws refuses the reload.
  virtual void take_over(const Handler& predecessor);

  /// Opens, connects, begins; throws std::runtime_error when that fails, and then nothing is
  /// served. What it makes is not there in a dry run.
  virtual void start() {}
  /// Flushes, closes, ends. Called only after a `start` that succeeded.
  virtual void stop() noexcept {}
};

/// A handler and the name that logs and traces call it by.
struct NamedHandler {
  std::string name;
  std::unique_ptr<Handler> handler;
  /// The loaded module whose code it is; null for what is built in. Two handlers are of one class
  /// only where this is the same: run-time types are compared by their names, and two versions of a
  /// module have the same names.
  const Module* module = nullptr;
};

/// The rest of the chain, as one handler sees it. It is the catch boundary: calling it never
/// throws, so the code after it always runs.
class CATENA_API Next {
 public:
  /// The handlers must outlive this object.
  explicit Next(std::span<const NamedHandler> rest) noexcept : rest_(rest) {}

  /// Runs the handlers that are left; with none left the response stays as it is. An exception
  /// below replaces the response by a 500, or the HttpError's status, and is kept in
  /// exchange.error. A second call is a bug of the caller: it is logged, and answered with 500.
  void operator()(Exchange& exchange) noexcept;

 private:
  std::span<const NamedHandler> rest_;
  bool called_ = false;
};

}  // namespace catena
