#include "catena/http/request_parser.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#include "catena/http/request_head.hpp"
#include "catena/http/text.hpp"

namespace catena {
namespace {

constexpr std::size_t longest_method = 32;
constexpr std::size_t most_blank_lines = 4;
constexpr std::string_view version_pattern = "HTTP/0.0";  // a 0 stands for any digit
constexpr std::string_view usual_version = "HTTP/1.1";

constexpr bool is_target_char(char c) { return c > 0x20 && c < 0x7f && c != '#'; }

constexpr bool is_value_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

constexpr std::array<bool, 256> target_chars = detail::table_of(is_target_char);

/// Where the first byte stands that is not in the table; the end when all are.
std::size_t behind(const std::array<bool, 256>& table, std::string_view input, std::size_t at,
                   std::size_t end) {
  while (at < end && table[static_cast<unsigned char>(input[at])]) ++at;
  return at;
}

/// Where the first byte stands that is no `is_value_char`; the end when all are. Values are most of
/// what arrives, so eight bytes are looked at in one: those that are less than a space, and DEL.
/// Such a look errs only behind a byte that it finds, and on tabs, which are then looked at alone.
std::size_t behind_value(std::string_view input, std::size_t at, std::size_t end) {
  constexpr std::uint64_t each = 0x0101'0101'0101'0101;
  constexpr std::uint64_t high = 0x80 * each;
  while (at + 8 <= end) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, input.data() + at, sizeof eight);
    const std::uint64_t no_del = eight ^ 0x7f * each;
    const std::uint64_t found =
        ((eight - 0x20 * each) & ~eight & high) | ((no_del - each) & ~no_del & high);
    if (found == 0) {
      at += 8;
    } else if (std::endian::native != std::endian::little) {
      break;
    } else {
      at += static_cast<std::size_t>(std::countr_zero(found)) / 8;
      if (!is_value_char(input[at])) return at;
      ++at;
    }
  }
  while (at < end && is_value_char(input[at])) ++at;
  return at;
}

bool fits_version(char c, std::size_t index) {
  if (index >= version_pattern.size()) return false;
  return version_pattern[index] == '0' ? is_digit(c) : c == version_pattern[index];
}

}  // namespace

void RequestParser::reset(Request& request) noexcept {
  step_ = Step::start;
  at_ = line_at_ = part_at_ = blank_lines_ = 0;
  name_ = {};
  refusal_ = {};
  RequestHeaders headers = std::move(request.headers);
  headers.clear();
  request = Request{};
  request.headers = std::move(headers);
}

RequestParser::State RequestParser::parse(std::string_view input, Request& request) {
  while (at_ < input.size()) {
    State state = State::more;
    if (step_ == Step::start) state = take_request_line(input, request);
    if (state == State::more && step_ == Step::field_start) state = take_fields(input, request);
    if (state == State::more) {
      skip_plain(input);
      if (at_ == input.size()) break;
      state = at_ < limits_.head
                  ? on_byte(input[at_], input, request)
                  : refuse(Status::request_header_fields_too_large, "the request head is too long");
    }
    if (state == State::refused) {
      if (request.line.empty()) {
        request.line = input.substr(line_at_, at_ - line_at_);
        if (request.line.ends_with('\r')) request.line.remove_suffix(1);
      }
      return state;
    }
    ++at_;
    if (state == State::done) return state;
  }
  return State::more;
}

/// Takes a request line that has arrived as a whole and is as most are. Any other is left to
/// `on_byte`.
RequestParser::State RequestParser::take_request_line(std::string_view input, Request& request) {
  constexpr std::string_view behind_target = " HTTP/1.1\r\n";
  const std::size_t end = std::min(input.size(), limits_.head);
  const std::size_t method_end =
      behind(detail::token_chars, input, at_, std::min(end, at_ + longest_method));
  if (method_end == at_ || method_end == end || input[method_end] != ' ') return State::more;
  const std::size_t target_at = method_end + 1;
  const std::size_t target_end =
      behind(target_chars, input, target_at, std::min(end, target_at + limits_.target));
  if (!input.substr(target_end, end - target_end).starts_with(behind_target)) return State::more;
  line_at_ = at_;
  request.method = input.substr(at_, method_end - at_);
  request.target.raw = input.substr(target_at, target_end - target_at);
  part_at_ = target_end + 1;
  at_ = target_end + behind_target.size() - 1;
  step_ = Step::line_lf;
  const State state = end_of_line(input, request);
  if (state == State::more) ++at_;
  return state;
}

/// Takes the fields whose lines have arrived as a whole, and the end of the head behind them. What
/// is neither is left to `on_byte`.
RequestParser::State RequestParser::take_fields(std::string_view input, Request& request) {
  const std::size_t end = std::min(input.size(), limits_.head);
  while (request.headers.size() < limits_.fields) {
    const std::size_t name_end = behind(detail::token_chars, input, at_, end);
    if (name_end == at_ || name_end == end || input[name_end] != ':') break;
    const std::size_t value_at = name_end + 1;
    const std::size_t value_end = behind_value(input, value_at, end);
    if (!input.substr(value_end, end - value_end).starts_with("\r\n")) return State::more;
    request.headers.append(
        {input.substr(at_, name_end - at_), trimmed(input.substr(value_at, value_end - value_at))});
    at_ = value_end + 2;
  }
  if (!input.substr(at_, end - at_).starts_with("\r\n")) return State::more;
  ++at_;
  step_ = Step::head_lf;
  return end_of_head(request);
}

/// Goes over bytes that `on_byte` would only count: most of a head.
void RequestParser::skip_plain(std::string_view input) {
  const std::size_t end = std::min(input.size(), limits_.head);
  switch (step_) {
    case Step::method:
      at_ = behind(detail::token_chars, input, at_, std::min(end, part_at_ + longest_method));
      break;
    case Step::version:
      if (at_ == part_at_ && at_ + usual_version.size() <= end &&
          input.substr(at_).starts_with(usual_version)) {
        at_ += usual_version.size();
      }
      break;
    case Step::target:
      at_ = behind(target_chars, input, at_, std::min(end, part_at_ + limits_.target));
      break;
    case Step::field_name: at_ = behind(detail::token_chars, input, at_, end); break;
    case Step::value: at_ = behind_value(input, at_, end); break;
    default: break;
  }
}

RequestParser::State RequestParser::on_byte(char c, std::string_view input, Request& request) {
  const auto part = [&] { return input.substr(part_at_, at_ - part_at_); };
  switch (step_) {
    case Step::start:
      if (c == '\r' && blank_lines_ < most_blank_lines) return go(Step::start_lf);
      if (!is_token_char(c)) return refuse(Status::bad_request, "this is no HTTP request");
      line_at_ = part_at_ = at_;
      return go(Step::method);

    case Step::start_lf:
      if (c != '\n') return refuse(Status::bad_request, "a CR stands without its LF");
      ++blank_lines_;
      line_at_ = at_ + 1;
      return go(Step::start);

    case Step::method:
      if (c == ' ') {
        request.method = part();
        part_at_ = at_ + 1;
        return go(Step::target);
      }
      if (!is_token_char(c)) return refuse(Status::bad_request, "the method is malformed");
      if (at_ - part_at_ >= longest_method) {
        return refuse(Status::not_implemented, "the method is longer than any that is known");
      }
      return State::more;

    case Step::target:
      if (c == ' ') {
        request.target.raw = part();
        part_at_ = at_ + 1;
        return go(Step::version);
      }
      if (!is_target_char(c)) return refuse(Status::bad_request, "the target is malformed");
      if (at_ - part_at_ >= limits_.target) {
        return refuse(Status::uri_too_long, "the target is too long");
      }
      return State::more;

    case Step::version:
      if (c == '\r' && at_ - part_at_ == version_pattern.size()) return go(Step::line_lf);
      if (!fits_version(c, at_ - part_at_)) {
        return refuse(Status::bad_request, "the request line does not end in an HTTP version");
      }
      return State::more;

    case Step::line_lf:
      if (c != '\n') return refuse(Status::bad_request, "a CR stands without its LF");
      return end_of_line(input, request);

    case Step::field_start:
      if (c == '\r') return go(Step::head_lf);
      if (request.headers.size() >= limits_.fields) {
        return refuse(Status::request_header_fields_too_large, "there are too many fields");
      }
      part_at_ = at_;
      step_ = Step::field_name;
      [[fallthrough]];

    case Step::field_name:
      if (c == ':' && at_ > part_at_) {
        name_ = part();
        return go(Step::value_start);
      }
      if (!is_token_char(c)) return refuse(Status::bad_request, "a field name is malformed");
      return State::more;

    case Step::value_start:
      if (c == ' ' || c == '\t') return State::more;
      part_at_ = at_;
      step_ = Step::value;
      [[fallthrough]];

    case Step::value:
      if (c == '\r') {
        request.headers.append({name_, trimmed(part())});
        return go(Step::value_lf);
      }
      if (!is_value_char(c)) {
        return refuse(Status::bad_request, "a field value has a control character");
      }
      return State::more;

    case Step::value_lf:
      if (c != '\n') return refuse(Status::bad_request, "a CR stands without its LF");
      return go(Step::field_start);

    case Step::head_lf:
      if (c != '\n') return refuse(Status::bad_request, "a CR stands without its LF");
      return end_of_head(request);
  }
  return refuse(Status::bad_request, "the head is malformed");
}

RequestParser::State RequestParser::end_of_line(std::string_view input, Request& request) {
  request.line = input.substr(line_at_, at_ - 1 - line_at_);
  const char major = input[part_at_ + 5];
  const char minor = input[part_at_ + 7];
  if (major != '1') {
    return refuse(Status::http_version_not_supported, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  }
  request.version = minor == '0' ? Version::http_1_0 : Version::http_1_1;
  const std::string_view raw = request.target.raw;
  if (!parse_target(raw, request.method, request.target, target_storage_)) {
    return refuse(Status::bad_request, "the target is malformed");
  }
  return go(Step::field_start);
}

RequestParser::State RequestParser::end_of_head(Request& request) {
  if (const auto refusal = interpret_head(request)) return refuse(refusal->status, refusal->reason);
  return State::done;
}

RequestParser::State RequestParser::refuse(Status status, std::string_view reason) {
  refusal_ = {status, reason};
  return State::refused;
}

}  // namespace catena
