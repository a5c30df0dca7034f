#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catena/pipeline/handler.hpp"
#include "catena/testing/test_chain.hpp"

namespace catena::testing {

/// What a handler was told at the end of an exchange.
struct Finish {
  std::string line;
  Sent sent;
  bool failed;  ///< whether the exchange has an error
};

/// Keeps what `finished` is told, in order; passes every exchange on.
class FinishRecorder : public Handler {
 public:
  explicit FinishRecorder(std::vector<Finish>& into) : into_(into) {}
  void handle(Exchange& exchange, Next& next) const override { next(exchange); }
  void finished(const Exchange& exchange, const Sent& sent) const noexcept override {
    into_.push_back({std::string(exchange.request.line), sent, exchange.error != nullptr});
  }

 private:
  std::vector<Finish>& into_;
};

/// Answers 200 with the text, copied.
inline void answer(Exchange& exchange, std::string_view text) {
  exchange.response.set_status(Status::ok);
  exchange.response.body.append(text);
}

/// Reads the whole body and answers with it, or with the status that the end of reading asks for.
inline void echo(Exchange& exchange) {
  std::string content;
  std::array<char, 100> buffer;
  for (;;) {
    const RequestBody::Read got = exchange.body.read(buffer);
    content.append(buffer.data(), got.size);
    switch (got.state) {
      case RequestBody::State::more: continue;
      case RequestBody::State::end: return answer(exchange, content);
      case RequestBody::State::too_large:
        return exchange.response.set_status(Status::content_too_large);
      case RequestBody::State::malformed: return exchange.response.set_status(Status::bad_request);
      case RequestBody::State::too_slow:
        return exchange.response.set_status(Status::request_timeout);
      case RequestBody::State::gone: return;
    }
  }
}

/// The output of a conversation without what changes from second to second.
inline std::string without_dates(std::string output) {
  for (;;) {
    const std::size_t at = output.find("Date: ");
    if (at == std::string::npos) return output;
    output.erase(at, output.find("\r\n", at) + 2 - at);
  }
}

/// A byte a piece.
inline std::deque<std::string> in_bytes(std::string_view text) {
  std::deque<std::string> pieces;
  for (const char byte : text) pieces.emplace_back(1, byte);
  return pieces;
}

/// "200 close, 404 keep": the status of each response, and what it says of the connection.
inline std::string summary(const std::vector<HttpResponse>& responses) {
  std::string text;
  for (const HttpResponse& response : responses) {
    if (!text.empty()) text += ", ";
    text += std::to_string(response.status);
    if (response.has("Connection")) text += " " + response.header("Connection");
    if (!response.complete) text += " incomplete";
  }
  return text;
}

}  // namespace catena::testing
