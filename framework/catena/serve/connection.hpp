#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "catena/export.hpp"
#include "catena/fs/document_root.hpp"
#include "catena/http/request_parser.hpp"
#include "catena/net/stream.hpp"
#include "catena/pipeline/exchange.hpp"
#include "catena/pipeline/pipeline.hpp"
#include "catena/serve/activity.hpp"
#include "catena/serve/connection_body.hpp"
#include "catena/serve/input_buffer.hpp"
#include "catena/serve/response_sender.hpp"
#include "catena/serve/settings.hpp"

namespace catena {

/// What connections serve. Everything lives while any of them uses it.
struct Service {
  const Settings& settings;
  const Pipeline& pipeline;
  const DocumentRoot* root = nullptr;  ///< null when the configuration names none
  bool dry_run = false;
  Trace* trace = nullptr;  ///< where walks are written down, for one connection alone; usually null
};

/// One connection, served by the plain blocking loop: read a request, run the chain, write the
/// response, keep or close. It belongs to one thread.
class CATENA_API Connection : private Link {
 public:
  /// All of them outlive the connection. Each request is served by what is the current service when
  /// it begins; the connection holds on to none between requests. Once `stopping` is true, the
  /// exchange under way is the last.
  Connection(Stream& stream, const Client& client, const CurrentService& current,
             Activity& activity, const std::atomic<bool>& stopping);

  /// Serves until the connection is to be closed, which is the caller's: on return everything is
  /// sent, and a client that was refused has had the time to read why.
  void serve();

 private:
  enum class After : std::uint8_t { keep, close, linger };
  enum class Head : std::uint8_t { ready, refused, closed };

  After serve_next();
  bool wait_for_request();
  void take_service();
  After serve_request();
  Head read_head();
  After answer_refusal(const Refusal& refusal);
  After answer();
  std::string_view objection(bool body_read) const noexcept;
  void hand_over(Sent& sent);
  bool check_body_before_head();
  After finish(bool keep_alive);
  void linger();

  Pace pace() const noexcept;
  bool client_gone() noexcept override { return stream_.gone(); }
  bool stop_wanted() const noexcept override { return stopping_; }

  Stream& stream_;
  const CurrentService& current_;
  const Service* service_ = nullptr;  // held from a request's first byte to its end
  std::chrono::milliseconds idle_{0};
  Activity& activity_;
  const std::atomic<bool>& stopping_;
  InputBuffer input_;
  RequestParser parser_;
  Request request_;
  Refusal refusal_;
  ConnectionBody body_;
  Exchange exchange_;
  ResponseSender sender_;
};

}  // namespace catena
