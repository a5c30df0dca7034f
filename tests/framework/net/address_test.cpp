#include "catena/net/address.hpp"

#include <string>
#include <string_view>

#include "support/catch.hpp"

using catena::ListenAddress;
using catena::parse_listen_address;

TEST_CASE("addresses to listen on", "[address]") {
  struct Case {
    std::string_view text;
    std::string_view host;
    std::uint16_t port;
    std::string_view path;
    std::string_view written;  ///< as text() writes it
  };
  const Case test_case = GENERATE(
      Case{"127.0.0.1:8080", "127.0.0.1", 8080, "", "127.0.0.1:8080"},
      Case{"localhost:0", "localhost", 0, "", "localhost:0"},
      Case{"example.org:65535", "example.org", 65535, "", "example.org:65535"},
      Case{"[::1]:80", "::1", 80, "", "[::1]:80"}, Case{"[::]:80", "::", 80, "", "[::]:80"},
      Case{"[fe80::1%eth0]:80", "fe80::1%eth0", 80, "", "[fe80::1%eth0]:80"},
      Case{":80", "", 80, "", ":80"}, Case{"*:80", "", 80, "", ":80"},
      Case{"unix:/run/catena.sock", "", 0, "/run/catena.sock", "unix:/run/catena.sock"},
      Case{"unix:relative", "", 0, "relative", "unix:relative"});
  CAPTURE(test_case.text);
  const auto address = parse_listen_address(test_case.text);
  REQUIRE(address);
  CHECK(address->host == test_case.host);
  CHECK(address->port == test_case.port);
  CHECK(address->path == test_case.path);
  CHECK(address->is_local() == !test_case.path.empty());
  CHECK(address->text() == test_case.written);
  CHECK(parse_listen_address(address->text())->text() == test_case.written);
}

TEST_CASE("what is no address to listen on", "[address]") {
  const std::string text =
      GENERATE("", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1",
               "127.0.0.1: 80", "127.0.0.1:80 ", "127.0.0.1:8o", "::1:80", "[::1]", "[::1]80",
               "[localhost]:80", "[]:80", "[localhost:80]:80", "[1:2]:80", "[%eth0]:80", "[::1:80",
               "::1]:80", "a[b]:80", "unix:");
  CAPTURE(text);
  CHECK_FALSE(parse_listen_address(text));
}

TEST_CASE("the path of a local socket must fit the kernel's", "[address]") {
  CHECK(parse_listen_address("unix:" + std::string(107, 'x')));
  CHECK_FALSE(parse_listen_address("unix:" + std::string(108, 'x')));
}

TEST_CASE("addresses of the machine itself", "[address]") {
  for (const std::string_view own :
       {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "unix:"}) {
    CAPTURE(own);
    CHECK(catena::is_loopback(own));
  }
  for (const std::string_view other :
       {"", "128.0.0.1", "1.127.0.0", "127", "::", "::2", "::ffff:128.0.0.1", "::1:1"}) {
    CAPTURE(other);
    CHECK_FALSE(catena::is_loopback(other));
  }
}
