// RFC 9110 section 7.8: what is done with Upgrade, and what a handler that takes it up may send.

#include <array>
#include <string>

#include "catena/pipeline/upgraded.hpp"
#include "conformance/site.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"
#include "support/quiet_log.hpp"

using namespace catena;
using namespace catena::testing;

namespace {

/// Takes up "echo", whatever was offered, and says back what comes.
void take_up(Exchange& exchange, Next&) {
  exchange.response.set_status(Status::switching_protocols);
  exchange.response.headers.set("Upgrade", "echo");
  exchange.response.upgrade([](Upgraded& connection) {
    std::array<char, 100> buffer;
    for (;;) {
      const IoResult got = connection.read(buffer, Deadline::max());
      if (got.size == 0) return;
      connection.write({buffer.data(), got.size});
    }
  });
}

std::string played(const std::string& bytes) {
  const QuietLog quiet;
  TestChain chain;
  chain.add(take_up);
  return chain.raw({bytes});
}

}  // namespace

TEST_CASE("RFC 9110 7.8: an Upgrade that nobody takes up is ignored", "[conformance]") {
  Site().check({
      {"h2c",
       head("GET /page.html HTTP/1.1", "Connection: Upgrade\r\nUpgrade: h2c\r\n") + another(),
       "200, 200"},
      {"websocket",
       head("GET /page.html HTTP/1.1", "Connection: upgrade\r\nUpgrade: websocket\r\n") + another(),
       "200, 200"},
      {"with a body",
       post("Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 4\r\n", "four") + another(),
       "200, 200"},
      {"of HTTP/1.0", "GET /page.html HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
       "200 close"},
  });
}

TEST_CASE("RFC 9110 7.8: a 101 names the protocol, and that protocol follows it", "[conformance]") {
  const std::string output =
      played(head("GET / HTTP/1.1", "Connection: upgrade\r\nUpgrade: other, Echo\r\n") + another());
  CHECK(output.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  CHECK(output.find("\r\nUpgrade: echo\r\n") != std::string::npos);
  CHECK(output.find("\r\nConnection: upgrade\r\n") != std::string::npos);
  CHECK(output.find("Content-Length") == std::string::npos);
  CHECK(output.find("Transfer-Encoding") == std::string::npos);
  CHECK(output.ends_with("\r\n\r\n" + another()));
}

TEST_CASE("RFC 9110 7.8: nobody is switched to what was not offered, nor in HTTP/1.0",
          "[conformance]") {
  CHECK(played(head("GET / HTTP/1.1")).starts_with("HTTP/1.1 500 "));
  CHECK(played(head("GET / HTTP/1.1", "Connection: upgrade\r\nUpgrade: other\r\n"))
            .starts_with("HTTP/1.1 500 "));
  CHECK(played("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
            .starts_with("HTTP/1.1 500 "));
}

TEST_CASE("RFC 9110 7.8: the request's body comes before the other protocol", "[conformance]") {
  CHECK(played(head("POST / HTTP/1.1",
                    "Connection: upgrade\r\nUpgrade: echo\r\nContent-Length: 4\r\n") +
               "four")
            .starts_with("HTTP/1.1 500 "));
}
