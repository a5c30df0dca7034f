#include "catena/http/body_decoder.hpp"

#include <algorithm>

#include "catena/http/text.hpp"

namespace catena {
namespace {

// Nobody needs more; without a bound a client could send framing for ever.
constexpr std::uint32_t longest_chunk_line = 1024;
constexpr std::uint64_t most_excess = 16 * 1024;
constexpr std::uint32_t longest_trailer_section = 8 * 1024;
constexpr std::uint64_t largest_chunk = std::uint64_t{1} << 56;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool is_text(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

}  // namespace

BodyDecoder BodyDecoder::of_length(std::uint64_t length) noexcept {
  BodyDecoder decoder;
  decoder.left_ = length;
  decoder.state_ = length == 0 ? State::end : State::more;
  return decoder;
}

BodyDecoder BodyDecoder::chunked() noexcept {
  BodyDecoder decoder;
  decoder.chunked_ = true;
  decoder.part_ = Part::size;
  decoder.state_ = State::more;
  return decoder;
}

BodyDecoder::Step BodyDecoder::decode(std::string_view input, std::size_t most) noexcept {
  std::size_t at = 0;
  while (state_ == State::more && at < input.size()) {
    if (part_ == Part::content) {
      const std::uint64_t run = std::min<std::uint64_t>({left_, input.size() - at, most});
      const std::string_view content = input.substr(at, static_cast<std::size_t>(run));
      left_ -= run;
      if (left_ == 0) {
        if (chunked_) {
          part_ = Part::data_cr;
        } else {
          state_ = State::end;
        }
      }
      return {at + content.size(), content, state_};
    }
    if (!on_framing(input[at])) {
      state_ = State::malformed;
      return {at, {}, state_};
    }
    ++at;
  }
  return {at, {}, state_};
}

bool BodyDecoder::on_framing(char c) noexcept {
  switch (part_) {
    case Part::size: {
      const int digit = hex_value(c);
      if (digit < 0) return false;
      left_ = static_cast<std::uint64_t>(digit);
      framing_ = 1;
      return go(Part::size_digits);
    }
    case Part::size_digits: {
      if (++framing_ > longest_chunk_line) return false;
      const int digit = hex_value(c);
      if (digit >= 0) {
        left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
        return left_ <= largest_chunk;
      }
      if (c == '\r') return go(Part::size_lf);
      if (c == ';') return go(Part::extension_begin);
      return is_blank(c) && go(Part::extension_space);
    }
    case Part::size_lf:
      if (c != '\n') return false;
      excess_ += framing_;
      excess_ -= std::min(excess_, 16 + 2 * left_);
      if (excess_ > most_excess) return false;
      framing_ = 0;
      return go(left_ == 0 ? Part::trailer_start : Part::content);
    case Part::data_cr: return c == '\r' && go(Part::data_lf);
    case Part::data_lf: return c == '\n' && go(Part::size);
    case Part::trailer_start:
    case Part::trailer_name:
    case Part::trailer_value:
    case Part::trailer_lf:
    case Part::end_lf: return ++framing_ <= longest_trailer_section && on_trailer(c);
    default: return ++framing_ <= longest_chunk_line && on_extension(c);
  }
}

// chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
bool BodyDecoder::on_extension(char c) noexcept {
  switch (part_) {
    case Part::extension_space: return is_blank(c) || (c == ';' && go(Part::extension_begin));
    case Part::extension_begin:
      return is_blank(c) || (is_token_char(c) && go(Part::extension_name));
    case Part::extension_name:
      if (is_token_char(c)) return true;
      [[fallthrough]];
    case Part::extension_equals:
      if (c == '=') return go(Part::extension_value_begin);
      if (c == ';') return go(Part::extension_begin);
      if (c == '\r') return part_ == Part::extension_name && go(Part::size_lf);
      return is_blank(c) && go(Part::extension_equals);
    case Part::extension_value_begin:
      if (is_blank(c)) return true;
      if (c == '"') return go(Part::extension_quoted);
      return is_token_char(c) && go(Part::extension_token);
    case Part::extension_token:
      if (is_token_char(c)) return true;
      [[fallthrough]];
    case Part::extension_end:
      if (c == '\r') return go(Part::size_lf);
      if (c == ';') return go(Part::extension_begin);
      return is_blank(c) && go(Part::extension_space);
    case Part::extension_quoted:
      if (c == '"') return go(Part::extension_end);
      if (c == '\\') return go(Part::extension_escape);
      return is_text(c);
    case Part::extension_escape: return is_text(c) && go(Part::extension_quoted);
    default: return false;
  }
}

bool BodyDecoder::on_trailer(char c) noexcept {
  switch (part_) {
    case Part::trailer_start:
      if (c == '\r') return go(Part::end_lf);
      return is_token_char(c) && go(Part::trailer_name);
    case Part::trailer_name:
      if (c == ':') return go(Part::trailer_value);
      return is_token_char(c);
    case Part::trailer_value:
      if (c == '\r') return go(Part::trailer_lf);
      return is_text(c);
    case Part::trailer_lf: return c == '\n' && go(Part::trailer_start);
    case Part::end_lf:
      if (c != '\n') return false;
      state_ = State::end;
      return true;
    default: return false;
  }
}

}  // namespace catena
