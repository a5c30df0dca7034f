#include "catena/config/variables.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "catena/config/json_text.hpp"
#include "catena/http/escape.hpp"

namespace catena::config {
namespace {

constexpr std::string_view forms =
    "expected ${NAME} or ${NAME:-default}, or $${ for the two characters themselves";

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_letter(c) || is_digit(c); });
}

/// What stands in place of what was between the braces.
std::variant<std::string, BadVariable> value_of(std::string_view inside, const Outside& outside) {
  const std::size_t mark = inside.find(":-");
  const std::string name(inside.substr(0, mark));
  const bool has_default = mark != std::string_view::npos;
  const std::string_view fallback = has_default ? inside.substr(mark + 2) : std::string_view();
  if (!is_name(name)) {
    return BadVariable{fmt::format("{} is no name of a variable; {}", json_string(name), forms)};
  }
  if (fallback.find("${") != std::string_view::npos) {
    return BadVariable{fmt::format("the default of {} can't hold another ${{", name)};
  }
  const std::optional<std::string> value = outside.variable(name);
  if (has_default && (!value || value->empty())) return std::string(fallback);
  if (!value) {
    return BadVariable{fmt::format(
        "the environment variable {0} is not set; set it, or give a default: ${{{0}:-…}}", name)};
  }
  if (!is_utf8(*value)) {
    return BadVariable{fmt::format("the environment variable {} is not UTF-8 text", name)};
  }
  return *value;
}

}  // namespace

std::variant<std::string, BadVariable> with_variables(std::string_view text,
                                                      const Outside& outside) {
  std::string out;
  while (true) {
    const std::size_t at = text.find("${");
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    if (at > 0 && text[at - 1] == '$') {
      out += '{';  // the first of the two signs is there already
      text.remove_prefix(at + 2);
      continue;
    }
    text.remove_prefix(at + 2);
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) {
      return BadVariable{fmt::format("\"${{\" without \"}}\"; {}", forms)};
    }
    auto value = value_of(text.substr(0, end), outside);
    if (std::holds_alternative<BadVariable>(value)) return value;
    out += std::get<std::string>(value);
    if (out.size() > largest_file) return BadVariable{"is larger than 16 MiB"};
    text.remove_prefix(end + 1);
  }
}

}  // namespace catena::config
