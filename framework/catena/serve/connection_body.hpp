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
  /// All of them outlive the body. The activity is told of waits for the client.
  ConnectionBody(Stream& stream, InputBuffer& input, Activity& activity) noexcept
      : stream_(stream), input_(input), activity_(activity) {}

  /// A new request begins; its head has just been consumed from the input.
  void begin(const Request& request, std::uint64_t limit, Pace pace) noexcept;

  Read read(std::span<char> into) override;
  void set_limit(std::uint64_t bytes) override { limit_ = bytes; }

  /// Looks at what has arrived without waiting, up to `most` bytes, and throws it away.
  State discard_arrived(std::size_t most);
  /// Waits for the rest and throws it away, up to `most` bytes.
  State discard(std::size_t most);

  State state() const noexcept { return state_; }
  /// Whether the client still waits for a "100 Continue" before it sends the body.
  bool awaits_continue() const noexcept { return awaits_continue_; }
  /// Bytes that are known to come still; nothing when the coding does not tell.
  std::optional<std::uint64_t> left() const noexcept;

 private:
  Read decode(std::span<char> into);
  State settle(IoResult result) noexcept;
  bool send_continue();

  Stream& stream_;
  InputBuffer& input_;
  Activity& activity_;
  BodyDecoder decoder_;
  Pace pace_{std::chrono::milliseconds(0), 0};
  State state_ = State::end;
  std::uint64_t limit_ = 0;
  std::uint64_t received_ = 0;
  std::optional<std::uint64_t> length_;
  bool awaits_continue_ = false;
};

}  // namespace catena
