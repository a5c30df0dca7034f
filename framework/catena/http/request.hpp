#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "catena/export.hpp"
#include "catena/http/headers.hpp"
#include "catena/http/target.hpp"

namespace catena {

/// The versions of the messages that are understood; a higher 1.x is taken as 1.1.
enum class Version : std::uint8_t { http_1_0, http_1_1 };

/// A request as it was received. All views hold until its exchange is over. For a request that was
/// refused before its head was read, the parts that were not reached are empty.
struct Request {
  std::string_view line;  ///< the request line as received, without its end
  std::string_view method;
  Target target;
  Version version = Version::http_1_1;
  RequestHeaders headers;
  /// Host and port as the client named them: of the target's absolute-form, else of Host. Empty for
  /// HTTP/1.0 without either.
  std::string_view host;

  std::optional<std::uint64_t> content_length;
  bool chunked = false;           ///< the body comes in the chunked coding
  bool keep_alive = true;         ///< what the client asked for, by its version and Connection
  bool expects_continue = false;  ///< Expect: 100-continue
  bool expects_unknown = false;   ///< an expectation that nobody can meet: 417
  bool has_body() const noexcept { return chunked || content_length.value_or(0) > 0; }
};

/// The content of a request, pulled by whoever wants it. Nothing is read from the client, and no
/// "100 Continue" is sent, before the first call.
class RequestBody {
 public:
  enum class State : std::uint8_t {
    more,       ///< there may be more to read
    end,        ///< all of it has been read
    too_large,  ///< over the limit; answer 413
    malformed,  ///< broken chunked coding; answer 400
    too_slow,   ///< no byte for too long, or too few over time; answer 408
    gone,       ///< the client went away
  };
  struct Read {
    std::size_t size;  ///< bytes written to the buffer; may be over 0 only with `more` and `end`
    State state;
  };

  virtual ~RequestBody() = default;
  /// Reads what is there, and waits when nothing is. After a state other than `more` it returns
  /// that state again.
  virtual Read read(std::span<char> into) = 0;
  /// Sets the most bytes that the body may have; what is given when the request comes in is the
  /// server's limit.
  virtual void set_limit(std::uint64_t bytes) = 0;
};

}  // namespace catena
