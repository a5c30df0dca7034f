#include <string>
#include <utility>

#include "catena/config/document.hpp"
#include "catena/config/origin.hpp"

namespace catena::config {

std::string_view Value::kind_name() const noexcept {
  switch (kind()) {
    case Kind::null: return "null";
    case Kind::boolean: return "true or false";
    case Kind::integer:
    case Kind::number: return "a number";
    case Kind::string: return "a string";
    case Kind::array: return "an array";
    case Kind::object: return "an object";
  }
  return "nothing";
}

double Value::as_number() const {
  if (kind() == Kind::integer) return static_cast<double>(as_integer());
  return std::get<Number>(payload_).value;
}

std::string Value::number_text() const {
  if (kind() == Kind::integer) return std::to_string(as_integer());
  return std::get<Number>(payload_).text;
}

std::span<const Value> Value::items() const noexcept {
  const auto* items = std::get_if<std::vector<Value>>(&payload_);
  return items != nullptr ? std::span<const Value>(*items) : std::span<const Value>();
}

std::span<const Member> Value::members() const noexcept {
  const auto* members = std::get_if<std::vector<Member>>(&payload_);
  return members != nullptr ? std::span<const Member>(*members) : std::span<const Member>();
}

const Value* Value::find(std::string_view key) const noexcept {
  for (const Member& member : members()) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

std::string Value::pointer() const { return origin_ ? origin_->pointer(node_) : std::string(); }

const std::string& Value::file() const noexcept {
  static const std::string none;
  return origin_ ? origin_->file() : none;
}

const std::filesystem::path& Value::directory() const noexcept {
  static const std::filesystem::path none;
  return origin_ ? origin_->directory() : none;
}

Diagnostic Value::problem(std::string message) const {
  return {file(), position_, pointer(), std::move(message)};
}

Diagnostic Value::problem_at_key(const Member& member, std::string message) const {
  // The value may be of another file.
  return {file(), member.key_position, pointer() + '/' + pointer_token(member.key),
          std::move(message)};
}

}  // namespace catena::config
