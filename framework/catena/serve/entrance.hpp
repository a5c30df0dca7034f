#pragma once

#include <cstdint>

#include "catena/http/unique_fd.hpp"
#include "catena/pipeline/exchange.hpp"
#include "catena/runtime/log_once.hpp"
#include "catena/serve/connection_table.hpp"

namespace catena {

/// Lets those who have connected into the table. Any thread.
class Entrance {
 public:
  struct Arrival {
    enum class Kind : std::uint8_t {
      let_in,
      turned_away,  ///< has been, since there is no room for its address, or no memory
      nobody,       ///< has connected
      full,         ///< is the table, and nobody was looked for
      failed,       ///< has accepting
    };
    Kind kind;
    ConnectionTable::Handle handle = nullptr;  ///< who was let in
    int error = 0;                             ///< why it failed, by errno

    bool has_come() const noexcept { return kind == Kind::let_in || kind == Kind::turned_away; }
  };

  explicit Entrance(ConnectionTable& table) noexcept : table_(table) {}

  /// Lets in one who has connected to the listening socket, which must not block; nor does the
  /// connection's. Whoever may not come in is closed.
  Arrival let_in_next(int listening) noexcept;

 private:
  ConnectionTable::Handle enter(UniqueFd socket, Client client);

  ConnectionTable& table_;
  LogOnce address_refused_{log::Level::warn};
  LogOnce not_let_in_{log::Level::warn};
};

}  // namespace catena
