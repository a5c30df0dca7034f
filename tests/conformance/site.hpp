#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "catena/plugin/registry.hpp"
#include "catena/testing/test_chain.hpp"
#include "support/temp_dir.hpp"

namespace catena::testing {

/// One thing that a client may send, and what it gets.
struct Case {
  std::string_view what;
  std::string bytes;
  std::string expected;  ///< as `summary` tells responses: "200, 400 close"
};

/// The default chain over a few files, with handlers in front of it that do what files don't:
///
///     /echo     answers with the request's body, whatever the method
///     /stream   answers with content of unknown length
///     /empty    answers 204
///
/// It is played in memory, by the real parser, connection and writer.
class Site {
 public:
  Site();

  /// Sends each case on a connection of its own: in one piece, and a byte at a time. Both must get
  /// what the case expects.
  void check(std::initializer_list<Case> cases);
  /// All responses to these bytes, on one connection.
  std::vector<HttpResponse> exchange(std::string_view bytes) { return chain_.exchange(bytes); }
  /// The response to one request, HTTP/1.1 with Host.
  HttpResponse request(std::string_view method, std::string_view target,
                       const TestChain::Fields& fields = {}, std::string_view body = {}) {
    return chain_.request(method, target, fields, body);
  }
  HttpResponse get(std::string_view target, const TestChain::Fields& fields = {}) {
    return request("GET", target, fields);
  }
  /// Everything that is sent in answer to these bytes.
  std::string raw(std::string_view bytes) { return chain_.raw({std::string(bytes)}); }

  const TempDir& files() const { return files_; }

 private:
  TempDir files_;
  Registry registry_;
  TestChain chain_;
};

/// A head with Host: the line and the fields, each with its end, and the empty line.
std::string head(std::string_view line, std::string_view fields = {});
/// POST /echo with the fields, and after the head these bytes.
std::string post(std::string_view fields, std::string_view bytes);
/// POST /echo with a body in the chunked coding, as these bytes are it.
std::string chunked(std::string_view bytes);

/// A plain request, whose answer shows that the connection went on: 200.
std::string another();

}  // namespace catena::testing
