#include "catena/config/json_text.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>

namespace catena::config {
namespace {

constexpr std::size_t longest_shown = 60;

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

/// Recursion is bounded by deepest_nesting.
void append(std::string& out, const Value& value) {
  const char* separator = "";
  switch (value.kind()) {
    case Value::Kind::null: out += "null"; break;
    case Value::Kind::boolean: out += value.as_bool() ? "true" : "false"; break;
    case Value::Kind::integer:
    case Value::Kind::number: out += value.number_text(); break;
    case Value::Kind::string: append_quoted(out, value.as_string()); break;
    case Value::Kind::array:
      out += '[';
      for (const Value& item : value.items()) {
        out += separator;
        append(out, item);
        separator = ",";
      }
      out += ']';
      break;
    case Value::Kind::object:
      out += '{';
      for (const Member& member : value.members()) {
        out += separator;
        append_quoted(out, member.key);
        out += ':';
        append(out, member.value);
        separator = ",";
      }
      out += '}';
      break;
  }
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

std::string to_json(const Value& value) {
  std::string out;
  append(out, value);
  return out;
}

std::string shown(const Value& value) {
  if (value.kind() == Value::Kind::array || value.kind() == Value::Kind::object) {
    return std::string(value.kind_name());
  }
  std::string text = to_json(value);
  if (text.size() <= longest_shown) return text;
  std::size_t end = longest_shown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text + "…";
}

}  // namespace catena::config
