#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "catena/export.hpp"
#include "catena/http/request.hpp"
#include "catena/http/status.hpp"

namespace catena {

/// The most that a request head may take.
struct HeadLimits {
  std::size_t target = 8 * 1024;  ///< bytes of the request target; more is 414
  std::size_t head = 16 * 1024;   ///< bytes of the whole head; more is 431
  std::size_t fields = 100;       ///< field lines; more is 431
};

/// Why a message is not served.
struct Refusal {
  Status status = Status::bad_request;
  std::string_view reason;  ///< constant text, fit to be shown to the client
};

/// Reads request heads strictly by RFC 9112, a byte after the other: the same bytes give the same
/// result however they are cut. It copies nothing but a target that has to be decoded.
class CATENA_API RequestParser {
 public:
  enum class State : std::uint8_t { more, done, refused };

  explicit RequestParser(HeadLimits limits) noexcept : limits_(limits) {}

  /// Ready for a new head; the request is emptied, memory is kept.
  void reset(Request& request) noexcept;
  /// Holds heads to these limits from now on. Before a head's first byte is parsed.
  void set_limits(HeadLimits limits) noexcept { limits_ = limits; }

  /// Goes on where the last call stopped. `input` begins at the head's first byte and holds all
  /// that has arrived, what earlier calls saw at the same address; the request's views are into it.
  /// Blank lines in front of the head are skipped, a few of them.
  State parse(std::string_view input, Request& request);

  /// How many bytes the head took; after `done`.
  std::size_t consumed() const noexcept { return at_; }
  /// True while nothing but blank lines has been seen.
  bool blank() const noexcept { return step_ == Step::start || step_ == Step::start_lf; }
  /// After `refused`.
  const Refusal& refusal() const noexcept { return refusal_; }

 private:
  enum class Step : std::uint8_t {
    start,
    start_lf,
    method,
    target,
    version,
    line_lf,
    field_start,
    field_name,
    value_start,
    value,
    value_lf,
    head_lf,
  };

  State take_request_line(std::string_view input, Request& request);
  State take_fields(std::string_view input, Request& request);
  void skip_plain(std::string_view input);
  State on_byte(char c, std::string_view input, Request& request);
  State end_of_line(std::string_view input, Request& request);
  State end_of_head(Request& request);
  State refuse(Status status, std::string_view reason);
  State go(Step step) noexcept {
    step_ = step;
    return State::more;
  }

  HeadLimits limits_;
  Step step_ = Step::start;
  std::size_t at_ = 0;       // the next byte to look at
  std::size_t line_at_ = 0;  // where the request line began
  std::size_t part_at_ = 0;  // where the method, target, version, name or value began
  std::string_view name_;    // of the field whose value is being read
  std::size_t blank_lines_ = 0;
  std::string target_storage_;
  Refusal refusal_;
};

}  // namespace catena
