#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "catena/export.hpp"
#include "catena/http/request.hpp"
#include "catena/http/response.hpp"
#include "catena/pipeline/link.hpp"
#include "catena/pipeline/trace.hpp"
#include "catena/pipeline/values.hpp"

namespace catena {

class DocumentRoot;

/// What a TLS connection agreed on.
struct TlsState {
  std::string version;      ///< "TLSv1.3"
  std::string cipher;       ///< "TLS_AES_256_GCM_SHA384"
  std::string server_name;  ///< the host that the client asked for (SNI); empty when it named none
};

/// Who is at the other end of the connection, and how the connection is protected.
struct Client {
  std::string address;     ///< "192.0.2.1", "2001:db8::1", or "unix:" for a local socket
  std::uint16_t port = 0;  ///< 0 for a local socket
  /// Nothing on a plain connection, which all are that the server itself accepts: it has no HTTPS
  /// yet.
  std::optional<TlsState> tls = std::nullopt;
};

/// One request, its response, and what handlers note about it. It belongs to one thread at a time,
/// and to the same as long as the chain is at work; only what is said to may be asked from another.
/// It names no socket and no framing.
class CATENA_API Exchange {
 public:
  /// All of them outlive the exchange. Without a link the client stays, and no stop is wanted.
  Exchange(const Request& of, RequestBody& content, const Client& from,
           Link* link = nullptr) noexcept
      : request(of), body(content), client(from), link_(link) {}
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
  /// True when nothing may be written, connected to or counted, because the exchange is only tried;
  /// the handlers need not have been started.
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

  /// When it was found that the request's first byte had come.
  std::chrono::steady_clock::time_point began;

  /// Whether the client has gone, so that nothing can be sent to it any more: what waits for
  /// events, or works for long, asks now and then and gives up. A client that has only finished
  /// sending is not gone; one that has closed can't be told from it, until something that was sent
  /// to it came back. A look at the socket: not for every byte.
  bool client_gone() const noexcept { return link_ != nullptr && link_->client_gone(); }
  /// Whether the server is stopping, so that what would go on for long should come to an end.
  bool stop_wanted() const noexcept { return link_ != nullptr && link_->stop_wanted(); }

  /// The name of the handler that is at work, empty outside the chain. May be asked from any
  /// thread.
  std::string_view running() const noexcept;
  /// The name of the handler whose source, or taking over of the connection, is to run once the
  /// chain has; empty when there is none. For the log.
  std::string_view deferred_to() const noexcept {
    return deferred_to_ == nullptr ? std::string_view{} : *deferred_to_;
  }

  /// Ready for the next request of the connection; memory is kept.
  void reset() noexcept;

 private:
  friend class Next;
  void settle_deferred(const std::string& handler) noexcept;

  Link* link_;
  std::string rewritten_;
  const std::string* deferred_to_ = nullptr;
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
  /// From the request's first byte; how exact it is says Handler::wants_duration.
  std::chrono::nanoseconds duration{};
  Outcome outcome = Outcome::complete;
};

}  // namespace catena
