#pragma once

#include <asio/io_context.hpp>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "catena/http/unique_fd.hpp"
#include "catena/runtime/log_once.hpp"
#include "catena/serve/connection_table.hpp"
#include "catena/serve/entrance.hpp"
#include "catena/serve/listener.hpp"
#include "catena/serve/parked_threads.hpp"

namespace catena {

/// Listens, and lets in whoever connects as long as the table has room. Where threads accept by
/// themselves, this waits until they can't go on, and gives accepting back once nobody waits. All
/// but what says otherwise is for the thread that runs the io_context. Not a public header: it
/// shows Asio.
class Acceptors {
 public:
  /// Takes a connection over; it may throw, and the connection leaves the table then.
  using Admit = std::function<void(ConnectionTable::Handle)>;
  struct Parts {
    asio::io_context& io;
    ConnectionTable& table;
    Entrance& entrance;
    ParkedThreads& threads;
  };
  /// The parts outlive this object but for the threads, whose doors are shut when they are gone.
  Acceptors(const Parts& parts, Admit admit);

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

  /// Begins to accept, also on what `replace` brings later; `by_threads` says who does.
  void begin(bool by_threads);
  /// Closes everything.
  void close();

  /// Whether somebody waits for a connection to leave; asking means to call `retry` then. Any
  /// thread.
  bool take_wish_for_room() noexcept { return wants_room_.exchange(false); }
  void retry();
  /// The table's limits have changed, or who accepts.
  void look_again(bool by_threads);

 private:
  using Pointer = std::shared_ptr<Listener>;
  void begin(const Pointer& listener);
  void accept(const Pointer& listener);
  bool leave_to_threads(const Pointer& listener);
  void take_back(Listener& listener) noexcept;
  template <typename Then>
  void wait_for_arrivals(const Pointer& listener, Then then);
  void let_in_arrived(const Pointer& listener);
  Entrance::Arrival let_in_next(Listener& listener) noexcept;
  void make_room(const Pointer& listener);
  void accept_later(const Pointer& listener);
  void close(Listener& listener);
  void drain(Listener& listener);

  const Parts parts_;
  const Admit admit_;
  std::vector<Pointer> listeners_;
  std::vector<std::string> adopted_;  ///< the texts of the sockets that were handed over
  bool accepting_ = false;
  bool by_threads_ = false;
  std::atomic<bool> wants_room_{false};
  LogOnce accept_failed_{log::Level::warn};
  LogOnce limit_reached_{log::Level::warn};
  LogOnce not_admitted_{log::Level::warn};
};

}  // namespace catena
