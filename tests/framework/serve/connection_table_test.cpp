#include "catena/serve/connection_table.hpp"

#include <sys/socket.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catena/serve/connection.hpp"
#include "support/bare_exchange.hpp"
#include "support/catch.hpp"
#include "support/socket_client.hpp"

using namespace catena;
using catena::testing::BareExchange;
using catena::testing::SocketClient;

namespace {

/// A table, and the other ends of its connections.
struct Clients {
  explicit Clients(std::size_t most = 100, std::size_t most_per_address = 100)
      : table(most, most_per_address, [this] { left += table.empty() ? 100 : 1; }) {}

  /// Null when the address has enough.
  ConnectionTable::Handle enter(const std::string& address = "192.0.2.1") {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
    clients.emplace_back(UniqueFd(ends[0]));
    REQUIRE(table.reserve());
    const auto handle = table.enter(UniqueFd(ends[1]), {address, 50'000});
    if (handle == nullptr) table.give_back();
    return handle;
  }

  int left = 0;
  ConnectionTable table;
  std::vector<SocketClient> clients;
};

/// Whether reading would find the end instead of waiting.
bool is_woken(const ConnectionTable::Handle& handle) {
  char byte = 0;
  return ::recv(handle->socket.get(), &byte, 1, MSG_DONTWAIT) == 0;
}

void begin_idle_later_than(Activity& activity, const Activity& other) {
  do {
    activity.begin_idle();
  } while (activity.idle_since() == other.idle_since());
}

}  // namespace

TEST_CASE("a connection table counts", "[connection_table]") {
  Clients clients(2);
  CHECK(clients.table.empty());
  const auto first = clients.enter();
  CHECK_FALSE(clients.table.empty());
  CHECK_FALSE(clients.table.full());
  const auto second = clients.enter();
  CHECK(clients.table.full());
  clients.table.leave(first);
  CHECK_FALSE(clients.table.full());
  clients.table.leave(second);
  CHECK(clients.table.empty());
}

TEST_CASE("leaving closes the socket and calls back without a lock", "[connection_table]") {
  Clients clients;
  const auto first = clients.enter();
  const auto second = clients.enter();
  clients.table.leave(first);
  CHECK(clients.clients[0].at_end());
  CHECK(clients.left == 1);
  clients.table.leave(second);
  CHECK(clients.left == 101);
}

TEST_CASE("what a connection was at when it left is forgotten", "[connection_table]") {
  const Settings settings;
  const Pipeline pipeline;
  const Service service{settings, pipeline};
  const CurrentService current{&service};
  Clients clients;
  const auto first = clients.enter();
  {
    BareExchange bare;
    first->activity.take(current);
    first->activity.begin_exchange(bare.exchange);
    CHECK(clients.table.uses(service));
    CHECK(clients.table.busy().size() == 1);
    clients.table.leave(first);
  }
  CHECK_FALSE(clients.table.uses(service));
  CHECK(clients.table.busy().empty());
  const auto again = clients.enter();
  CHECK(again->activity.idle_since() == 0);
  CHECK(again->activity.describe().empty());
}

TEST_CASE("connections are limited by address, the machine's own are not", "[connection_table]") {
  Clients clients(100, 2);
  const auto first = clients.enter("192.0.2.1");
  CHECK(clients.enter("192.0.2.1") != nullptr);
  CHECK(clients.enter("192.0.2.1") == nullptr);
  CHECK(clients.clients.back().at_end());
  CHECK(clients.enter("192.0.2.2") != nullptr);
  clients.table.leave(first);
  CHECK(clients.enter("192.0.2.1") != nullptr);
  CHECK(clients.enter("192.0.2.1") == nullptr);
  for (const std::string address : {"127.0.0.1", "::1", "::ffff:127.0.0.1", "unix:"}) {
    for (int count = 0; count < 3; ++count) CHECK(clients.enter(address) != nullptr);
  }
}

TEST_CASE("a place in a connection table is kept for who is to have it", "[connection_table]") {
  Clients clients(2);
  REQUIRE(clients.table.reserve());
  CHECK_FALSE(clients.table.empty());
  CHECK_FALSE(clients.table.full());
  clients.enter();
  CHECK(clients.table.full());
  CHECK_FALSE(clients.table.reserve());
  clients.table.give_back();
  CHECK_FALSE(clients.table.full());
  clients.enter();
  CHECK(clients.table.full());
}

TEST_CASE("the longest idle connection is the one that is closed", "[connection_table]") {
  Clients clients;
  const auto busy = clients.enter();
  const auto later = clients.enter();
  const auto longest = clients.enter();
  CHECK_FALSE(clients.table.close_longest_idle());
  longest->activity.begin_idle();
  begin_idle_later_than(later->activity, longest->activity);
  CHECK(clients.table.close_longest_idle());
  CHECK(is_woken(longest));
  CHECK_FALSE(is_woken(later));
  CHECK_FALSE(is_woken(busy));
  longest->activity.begin_request();
  CHECK(clients.table.close_longest_idle());
  CHECK(is_woken(later));
  CHECK_FALSE(is_woken(busy));
}

TEST_CASE("closing the idle leaves the busy", "[connection_table]") {
  Clients clients;
  const auto first = clients.enter();
  const auto busy = clients.enter();
  const auto second = clients.enter();
  first->activity.begin_idle();
  second->activity.begin_idle();
  clients.table.close_idle();
  CHECK(is_woken(first));
  CHECK(is_woken(second));
  CHECK_FALSE(is_woken(busy));
}

TEST_CASE("closing those without an exchange leaves the others", "[connection_table]") {
  Clients clients;
  const auto idle = clients.enter();
  idle->activity.begin_idle();
  const auto half = clients.enter();
  half->activity.begin_request();
  const auto at_work = clients.enter();
  const BareExchange bare("GET /slow HTTP/1.1");
  at_work->activity.begin_exchange(bare.exchange);
  clients.table.close_without_exchange();
  CHECK(is_woken(idle));
  CHECK(is_woken(half));
  CHECK_FALSE(is_woken(at_work));
  at_work->activity.end_exchange();
}

TEST_CASE("a connection table tells what the busy are doing", "[connection_table]") {
  Clients clients;
  clients.enter()->activity.begin_idle();
  const auto busy = clients.enter();
  busy->activity.begin_idle();
  CHECK(clients.table.busy().empty());
  busy->activity.begin_request();
  CHECK(clients.table.busy().empty());
  const BareExchange bare("GET /slow HTTP/1.1");
  busy->activity.begin_exchange(bare.exchange);
  CHECK(clients.table.busy() ==
        std::vector<std::string>{"sending on \"GET /slow HTTP/1.1\" from 192.0.2.1"});
  busy->activity.end_exchange();
  busy->activity.begin_idle();
  CHECK(clients.table.busy().empty());
}

TEST_CASE("the limits of a connection table may change", "[connection_table]") {
  Clients clients(1, 1);
  clients.enter("192.0.2.1");
  CHECK(clients.table.full());
  clients.table.set_limits(3, 1);
  CHECK_FALSE(clients.table.full());
  CHECK(clients.enter("192.0.2.1") == nullptr);
  clients.table.set_limits(3, 2);
  CHECK(clients.enter("192.0.2.1") != nullptr);
  clients.table.set_limits(1, 1);
  CHECK(clients.table.full());
}

TEST_CASE("a connection table tells who uses a service", "[connection_table]") {
  const Settings settings;
  const Pipeline pipeline;
  const Service first{settings, pipeline};
  const Service second{settings, pipeline};
  CurrentService current{&first};
  Clients clients;
  const auto handle = clients.enter();
  clients.enter();
  CHECK_FALSE(clients.table.uses(first));
  handle->activity.take(current);
  CHECK(clients.table.uses(first));
  CHECK_FALSE(clients.table.uses(second));
  const BareExchange bare("GET /slow HTTP/1.1");
  handle->activity.begin_exchange(bare.exchange);
  CHECK(clients.table.busy(&first).size() == 1);
  CHECK(clients.table.busy(&second).empty());
  handle->activity.end_exchange();
  handle->activity.release();
  CHECK_FALSE(clients.table.uses(first));
}
