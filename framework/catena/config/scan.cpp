#include "catena/config/scan.hpp"

#include <algorithm>

#include "catena/http/text.hpp"

namespace catena::config {
namespace {

bool is_white_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Where the comment that begins at `at` ends; `at` itself when none does, or when it has no end.
std::size_t after_comment(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) == "//") return std::min(text.find_first_of("\r\n", at), text.size());
  if (text.substr(at, 2) != "/*") return at;
  const std::size_t end = text.find("*/", at + 2);
  return end == std::string_view::npos ? at : end + 2;
}

}  // namespace

std::size_t after_space(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (is_white_space(text[at])) {
      ++at;
      continue;
    }
    const std::size_t end = after_comment(text, at);
    if (end == at) break;
    at = end;
  }
  return at;
}

std::size_t after_number(std::string_view text, std::size_t at) {
  const auto has = [&](std::string_view any) {
    return at < text.size() && any.find(text[at]) != std::string_view::npos;
  };
  const auto skip_digits = [&] {
    while (has("0123456789")) ++at;
  };
  if (has("-")) ++at;
  if (has("0")) {
    ++at;
  } else {
    skip_digits();
  }
  if (has(".")) {
    ++at;
    skip_digits();
  }
  if (has("eE")) {
    ++at;
    if (has("+-")) ++at;
    skip_digits();
  }
  return at;
}

std::string_view word_at(std::string_view text, std::size_t at) {
  const auto is_word_char = [](char c) { return is_token_char(c) && c != '\'' && c != '`'; };
  std::size_t end = at;
  while (end < text.size() && is_word_char(text[end])) ++end;
  if (end == at && end < text.size()) ++end;
  return text.substr(at, end - at);
}

}  // namespace catena::config
