#pragma once

#include <string_view>

#include "catena/pipeline/exchange.hpp"

namespace catena::testing {

/// The body of a request that has none.
class NoBody : public RequestBody {
 public:
  Read read(std::span<char>) override { return {0, State::end}; }
  void set_limit(std::uint64_t) override {}
};

/// An exchange with nothing around it: no connection, no parser.
struct BareExchange {
  explicit BareExchange(std::string_view line = "GET / HTTP/1.1") { request.line = line; }

  Request request;
  NoBody body;
  Client client{"192.0.2.1", 50'000};
  Exchange exchange{request, body, client};
};

}  // namespace catena::testing
