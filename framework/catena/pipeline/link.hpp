#pragma once

namespace catena {

/// What an exchange may ask of the connection behind it. It belongs to the exchange's thread.
class Link {
 public:
  virtual ~Link() = default;
  /// Whether nothing that is sent can arrive any more.
  virtual bool client_gone() noexcept = 0;
  /// Whether the server is stopping.
  virtual bool stop_wanted() const noexcept = 0;
};

}  // namespace catena
