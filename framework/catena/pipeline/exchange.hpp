#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "catena/export.hpp"
#include "catena/http/request.hpp"
#include "catena/http/response.hpp"
#include "catena/pipeline/trace.hpp"
#include "catena/pipeline/values.hpp"

namespace catena {

class DocumentRoot;

/// Who is at the other end of the connection.
struct Client {
  std::string address;     ///< "192.0.2.1", "2001:db8::1", or "unix:" for a local socket
  std::uint16_t port = 0;  ///< 0 for a local socket
};

/// One request, its response, and what handlers note about it. It belongs to one thread; only what
/// is said to may be asked from another. It names no socket and no framing.
class CATENA_API Exchange {
 public:
  /// All three outlive the exchange.
  Exchange(const Request& of, RequestBody& content, const Client& from) noexcept
      : request(of), body(content), client(from) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  const Request& request;
  RequestBody& body;
  const Client& client;
  Response response;

  /// What made the response a 500, or the status of an HttpError; null when nothing was thrown.
  std::exception_ptr error;
  /// The document root in force; null when the configuration names none. Set by whoever owns a
  /// chain.
  const DocumentRoot* root = nullptr;
  /// True when nothing may be written, connected to or counted, because the exchange is only tried.
  bool dry_run = false;

  /// What handlers leave for one another.
  ExchangeValues values;
  /// Where the walk through the chain is written down; null when nobody asked.
  Trace* trace = nullptr;
  /// Says why a handler does what it does, from pieces of text. Costs nothing when nobody asked.
  template <typename... Pieces>
  void note(const Pieces&... pieces) {
    if (trace == nullptr) return;
    std::string text;
    (text.append(std::string_view(pieces)), ...);
    trace->note(std::move(text));
  }

  /// The path that is served: the target's, until a handler rewrites it. Decoded and normalised as
  /// `Target::path` says. The view holds until the next rewrite.
  std::string_view path() const noexcept {
    return rewritten_.empty() ? request.target.path : rewritten_;
  }
  /// Handlers below see this path instead. It must begin with '/'.
  void rewrite(std::string_view path);

  /// When the request's first byte was read.
  std::chrono::steady_clock::time_point began;

  /// The name of the handler that is at work, empty outside the chain. May be asked from any
  /// thread.
  std::string_view running() const noexcept;

  /// Ready for the next request of the connection; memory is kept.
  void reset() noexcept;

 private:
  friend class Next;
  std::string rewritten_;
  std::atomic<const std::string*> running_{nullptr};
};

/// How a response went out, told once the request is over.
struct Sent {
  enum class Outcome : std::uint8_t {
    complete,  ///< all of it
    gone,      ///< the client went away before the end
    too_slow,  ///< the client took too long to read it
    cut,       ///< the body's source or file failed in the middle
  };
  Status status = Status::ok;
  std::uint64_t head_bytes = 0;
  std::uint64_t body_bytes = 0;  ///< as they went over the wire, without the framing of chunks
  std::chrono::nanoseconds duration{};  ///< from the request's first byte
  Outcome outcome = Outcome::complete;
};

}  // namespace catena
