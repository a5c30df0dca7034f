#pragma once

#include <asio/io_context.hpp>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "catena/http/unique_fd.hpp"
#include "catena/pipeline/exchange.hpp"
#include "catena/runtime/log_once.hpp"
#include "catena/serve/connection_table.hpp"
#include "catena/serve/listener.hpp"

namespace catena {

/// Listens, and lets in whoever connects as long as the table has room. All but what says otherwise
/// is for the thread that runs the io_context. Not a public header: it shows Asio.
class Acceptors {
 public:
  /// Takes a connection over, whose socket does not block; it may throw, and the connection is
  /// closed then.
  using Admit = std::function<void(UniqueFd socket, Client client)>;
  Acceptors(asio::io_context& io, ConnectionTable& table, Admit admit);

  /// The listening sockets there are, in the order of the texts they were opened by.
  std::vector<OpenAddress> open_addresses() const;
  /// Goes over to these texts. Sockets of a text that was there before stay as they are, `opened`
  /// joins them, and the others are closed once everybody who has connected is let in. Returns the
  /// URLs of those.
  std::vector<std::string> replace(const std::vector<std::string>& texts,
                                   std::vector<std::shared_ptr<Listener>> opened);
  std::vector<std::string> urls() const;

  /// Takes over sockets that listen already. From now on these are what is listened on, whatever a
  /// configuration says. Before `begin`.
  void adopt(std::vector<UniqueFd> sockets);
  bool has_adopted() const noexcept { return !adopted_.empty(); }
  /// The texts to listen on by such a configuration. Any thread, once adopting is over.
  const std::vector<std::string>& wanted(const std::vector<std::string>& configured) const {
    return has_adopted() ? adopted_ : configured;
  }

  /// Begins to accept, also on what `replace` brings later.
  void begin();
  /// Closes everything.
  void close();

  /// Whether somebody waits for a connection to leave; asking means to call `retry` then. Any
  /// thread.
  bool take_wish_for_room() noexcept { return wants_room_.exchange(false); }
  void retry();
  /// The table's limits have changed.
  void look_again();

 private:
  using Pointer = std::shared_ptr<Listener>;
  void begin(const Pointer& listener);
  void accept(const Pointer& listener);
  void let_in_arrived(const Pointer& listener);
  int let_in_next(Listener& listener);
  void make_room(const Pointer& listener);
  void accept_later(const Pointer& listener);
  void let_in(UniqueFd socket, const Listener::Protocol::endpoint& peer) noexcept;
  void close(Listener& listener);
  void drain(Listener& listener);

  asio::io_context& io_;
  ConnectionTable& table_;
  const Admit admit_;
  std::vector<Pointer> listeners_;
  std::vector<std::string> adopted_;  ///< the texts of the sockets that were handed over
  bool accepting_ = false;
  std::atomic<bool> wants_room_{false};
  LogOnce accept_failed_{log::Level::warn};
  LogOnce limit_reached_{log::Level::warn};
  LogOnce not_admitted_{log::Level::warn};
};

}  // namespace catena
