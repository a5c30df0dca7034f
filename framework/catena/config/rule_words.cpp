#include <fmt/format.h>

#include <cstdint>
#include <limits>

#include "catena/config/json_text.hpp"
#include "catena/config/rule.hpp"
#include "catena/config/units.hpp"

namespace catena::config::detail {
namespace {

std::string limit_text(Shape shape, const Scalar& limit) {
  if (const auto* number = std::get_if<double>(&limit)) return fmt::format("{}", *number);
  const std::int64_t whole = std::get<std::int64_t>(limit);
  if (shape == Shape::duration) return duration_text(whole);
  if (shape == Shape::size) return size_text(whole);
  return std::to_string(whole);
}

std::string counted(const Rule& rule, std::size_t count) {
  const bool one = count == 1;
  if (rule.type->shape == Shape::string) return fmt::format("{} {}", count, one ? "byte" : "bytes");
  return fmt::format("{} {}", count, one ? "entry" : "entries");
}

std::string choice_text(const Rule& rule, const Scalar& scalar) {
  for (std::size_t i = 0; i < rule.chosen.size(); ++i) {
    if (std::get<std::int64_t>(rule.chosen[i]) == std::get<std::int64_t>(scalar)) {
      return json_string(rule.choices[i]);
    }
  }
  return "null";
}

std::string scalar_text(const Rule& rule, const Scalar& scalar) {
  switch (rule.type->shape) {
    case Shape::boolean: return std::get<bool>(scalar) ? "true" : "false";
    case Shape::number: return fmt::format("{}", std::get<double>(scalar));
    case Shape::string: return json_string(std::get<std::string>(scalar));
    case Shape::path: return json_string(std::get<std::filesystem::path>(scalar).string());
    case Shape::duration: return json_string(duration_text(std::get<std::int64_t>(scalar)));
    case Shape::size: {
      const std::string text = size_text(std::get<std::int64_t>(scalar));
      return text.ends_with('B') ? json_string(text) : text;
    }
    case Shape::choice: return choice_text(rule, scalar);
    case Shape::chain:
    case Shape::any: return to_json(std::get<Value>(scalar));
    default: return std::to_string(std::get<std::int64_t>(scalar));
  }
}

}  // namespace

std::string_view expected_kind(Shape shape) {
  switch (shape) {
    case Shape::boolean: return "true or false";
    case Shape::whole_number: return "a whole number";
    case Shape::number: return "a number";
    case Shape::string:
    case Shape::choice: return "a string";
    case Shape::path: return "a path";
    case Shape::duration: return "a duration such as \"10s\"";
    case Shape::size: return "a size such as 65536 or \"64KiB\"";
    case Shape::list: return "an array";
    case Shape::map:
    case Shape::object: return "an object";
    case Shape::chain: return "an array of handlers";
    case Shape::any:
    case Shape::optional: break;
  }
  return "a value";
}

std::string type_name(const Rule& rule, bool plural) {
  const char* const s = plural ? "s" : "";
  switch (rule.type->shape) {
    case Shape::boolean: return "true or false";
    case Shape::whole_number: return fmt::format("whole number{}", s);
    case Shape::number: return fmt::format("number{}", s);
    case Shape::string: return fmt::format("string{}", s);
    case Shape::path: return fmt::format("path{}", s);
    case Shape::duration: return fmt::format("duration{}", s);
    case Shape::size: return fmt::format("size{}", s);
    case Shape::choice: return fmt::format("choice{}", s);
    case Shape::chain: return fmt::format("chain{}", s);
    case Shape::any: return plural ? "values of any kind" : "any value";
    case Shape::optional: return type_name(*rule.element, plural);
    case Shape::list: return fmt::format("list{} of {}", s, type_name(*rule.element, true));
    case Shape::map: return fmt::format("map{} of {}", s, type_name(*rule.element, true));
    case Shape::object: return fmt::format("object{}", s);
  }
  return {};
}

std::string alternatives(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

/// An end that is only the type's own, and too large to tell anybody, is left out.
std::string range_text(const Rule& rule) {
  const Type& type = *rule.type;
  const bool small = type.highest <= std::numeric_limits<std::uint16_t>::max();
  std::optional<Scalar> lowest = rule.lowest;
  std::optional<Scalar> highest = rule.highest;
  if (type.shape == Shape::whole_number) {
    if (!lowest && (small || type.lowest == 0)) lowest = type.lowest;
    if (!highest && small) highest = type.highest;
    if (!small && lowest && std::get<std::int64_t>(*lowest) == type.lowest && type.lowest != 0)
      lowest.reset();
    if (!small && highest && std::get<std::int64_t>(*highest) == type.highest) highest.reset();
  }
  if (lowest && highest) {
    return fmt::format("{} to {}", limit_text(type.shape, *lowest),
                       limit_text(type.shape, *highest));
  }
  if (lowest) return fmt::format("at least {}", limit_text(type.shape, *lowest));
  if (highest) return fmt::format("at most {}", limit_text(type.shape, *highest));
  return {};
}

std::string full_range_text(const Rule& rule) {
  const Type& type = *rule.type;
  return fmt::format("{} to {}", limit_text(type.shape, rule.lowest.value_or(type.lowest)),
                     limit_text(type.shape, rule.highest.value_or(type.highest)));
}

std::string size_bounds(const Rule& rule) {
  if (rule.fewest > 0 && rule.most == rule.fewest) return "exactly " + counted(rule, rule.fewest);
  if (rule.fewest > 0 && rule.most) {
    return fmt::format("{} to {}", rule.fewest, counted(rule, *rule.most));
  }
  if (rule.fewest > 0) return "at least " + counted(rule, rule.fewest);
  if (rule.most) return "at most " + counted(rule, *rule.most);
  return {};
}

std::string bounds_text(const Rule& rule) {
  if (rule.type->shape == Shape::optional) return bounds_text(*rule.element);
  std::string out;
  const auto add = [&out](std::string_view lead, const std::string& part) {
    if (part.empty()) return;
    if (!out.empty()) out += "; ";
    out.append(lead).append(part);
  };
  add("", alternatives(rule.choices));
  add("", range_text(rule));
  add("", size_bounds(rule));
  for (const Check& check : rule.checks) add("", check.what);
  add("each key ", rule.key_what);
  if (rule.element) add("each ", bounds_text(*rule.element));
  return out;
}

std::string written(const Rule& rule, const void* target) {
  std::string out;
  switch (rule.type->shape) {
    case Shape::optional:
      rule.type->visit(target, [&](const std::string&, const void* inner) {
        out = written(*rule.element, inner);
      });
      return out.empty() ? "null" : out;
    case Shape::list:
      rule.type->visit(target, [&](const std::string&, const void* item) {
        if (!out.empty()) out += ',';
        out += written(*rule.element, item);
      });
      return "[" + out + "]";
    case Shape::map:
      rule.type->visit(target, [&](const std::string& key, const void* item) {
        if (!out.empty()) out += ',';
        out += json_string(key) + ":" + written(*rule.element, item);
      });
      return "{" + out + "}";
    case Shape::object:
      // Accessors give what may be written to; nothing here does.
      return rule.fields->written(const_cast<void*>(target));
    default: return scalar_text(rule, rule.type->load(target));
  }
}

}  // namespace catena::config::detail
