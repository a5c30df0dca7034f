#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "catena/export.hpp"
#include "catena/http/body_decoder.hpp"
#include "catena/http/request.hpp"
#include "catena/net/deadline.hpp"
#include "catena/net/stream.hpp"
#include "catena/serve/activity.hpp"
#include "catena/serve/input_buffer.hpp"

namespace catena {

/// The body of the request that a connection is serving: pulled through the connection's input.
class CATENA_API ConnectionBody : public RequestBody {
 public:
  /// Both outlive the body.
  ConnectionBody(Stream& stream, InputBuffer& input) noexcept : stream_(stream), input_(input) {}

  /// A new request begins; its head has just been consumed from the input. The activity, which
  /// outlives the request, is told of waits for the client.
  void begin(const Request& request, std::uint64_t limit, Pace pace, Activity& activity) noexcept;

  Read read(std::span<char> into) override;
  void set_limit(std::uint64_t bytes) override { limit_ = bytes; }

  /// Looks at what has arrived without waiting, up to `most` bytes, and throws it away.
  State discard_arrived(std::size_t most);
  /// Reads the rest and throws it away, up to `most` bytes. False when the stream does not wait and
  /// more is still to come: then this is to be called again when it may have, at `deadline` at the
  /// latest.
  bool discard(std::size_t most);
  Deadline deadline() const noexcept { return wait_.until(); }

  State state() const noexcept { return state_; }
  /// Whether the client still waits for a "100 Continue" before it sends the body.
  bool awaits_continue() const noexcept { return awaits_continue_; }
  /// Bytes that are known to come still; nothing when the coding does not tell.
  std::optional<std::uint64_t> left() const noexcept;

 private:
  Read decode(std::span<char> into);
  IoStatus receive();
  State settle(IoResult result) noexcept;
  bool send_continue();

  Stream& stream_;
  InputBuffer& input_;
  Activity* activity_ = nullptr;
  BodyDecoder decoder_;
  Pace pace_{std::chrono::milliseconds(0), 0};
  PacedWait wait_;
  std::size_t discarded_ = 0;
  State state_ = State::end;
  std::uint64_t limit_ = 0;
  std::uint64_t received_ = 0;
  std::optional<std::uint64_t> length_;
  bool awaits_continue_ = false;
};

}  // namespace catena
