#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "catena/export.hpp"
#include "catena/fs/document_root.hpp"
#include "catena/http/request_parser.hpp"
#include "catena/net/deadline.hpp"
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

/// One connection at a time, served by a plain loop: read a request, run the chain, write the
/// response, keep or close. It belongs to one thread at a time.
///
/// Where the stream waits in place, `serve` is all there is to call. Where it does not, `advance`
/// goes as far as it can, and is called again when the connection may be read from or written to.
/// Handlers wait in place in any case.
class CATENA_API Connection : private Link {
 public:
  /// All of them outlive the connection. Each request is served by what is the current service when
  /// it begins; the connection holds on to none between requests. Once `stopping` is true, the
  /// exchange under way is the last.
  Connection(Stream& stream, const Client& client, const CurrentService& current,
             Activity& activity, const std::atomic<bool>& stopping);
  /// For one connection after the other: `attach` says which.
  Connection(Stream& stream, const CurrentService& current, const std::atomic<bool>& stopping);

  /// From now on this object serves a connection that has just been made.
  void attach(const Client& client, Activity& activity);
  /// The same for a connection that this or another object has left idle, when something has been
  /// noticed of it; it is closed when nothing has come by that time.
  void attach(const Client& client, Activity& activity, Deadline idle_until,
              std::chrono::steady_clock::time_point noticed);

  /// Serves until the connection is to be closed, which is the caller's: on return everything is
  /// sent, and a client that was refused has had the time to read why.
  void serve();

  /// Serves as far as that goes without waiting. Returns when to call this again at the latest, if
  /// nothing comes before; nothing once the connection is to be closed.
  std::optional<Deadline> advance();
  /// Whether no request is under way, so that another object may serve the connection on.
  bool is_idle() const noexcept { return state_ == State::idle; }
  /// Whether a response is under way, so that there may be a wait to write. All others are to read.
  bool is_sending() const noexcept { return state_ == State::sending; }

 private:
  enum class State : std::uint8_t { idle, head, sending, draining, lingering, over };

  void begin(const Client& client, Activity& activity);
  bool go_on();
  bool blocked(IoResult& result, std::chrono::steady_clock::time_point now) const;
  void become_idle();
  bool wait_for_request();
  void take_service();
  bool read_head();
  void begin_request();
  void refuse(Refusal refusal);
  void answer_refusal(const Refusal& refusal);
  void answer();
  std::string_view objection(bool body_read) const noexcept;
  void hand_over(Sent& sent);
  bool check_body_before_head();
  void begin_send(bool keep_alive);
  bool send();
  bool drain();
  void begin_linger();
  bool linger();
  void end_request() noexcept;

  Pace pace() const noexcept;
  bool client_gone() noexcept override { return stream_.gone(); }
  bool stop_wanted() const noexcept override { return stopping_; }

  Stream& stream_;
  const CurrentService& current_;
  const Service* service_ = nullptr;  // held from a request's first byte to its end
  std::chrono::milliseconds idle_{0};
  Client client_;
  Activity* activity_ = nullptr;
  const std::atomic<bool>& stopping_;
  State state_ = State::over;
  Deadline deadline_{};                          ///< of what is waited for
  std::chrono::steady_clock::time_point now_{};  ///< as of late
  bool noticed_ = false;                         ///< now_ is when something came
  std::size_t lingered_ = 0;
  InputBuffer input_;
  RequestParser parser_;
  Request request_;
  ConnectionBody body_;
  Exchange exchange_;
  ResponseSender sender_;
};

}  // namespace catena
