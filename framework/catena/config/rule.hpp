#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "catena/config/fields.hpp"

/// What stands behind a declared option: its rule, the words for it, and the reading by it. Inside
/// libcatena only.
namespace catena::config::detail {

/// What is declared about a value; for optionals, lists and maps, about what they hold, too.
struct Rule {
  const Type* type = nullptr;
  std::unique_ptr<Rule> element;
  std::shared_ptr<const FieldSet> fields;  // of an object
  std::optional<Scalar> lowest;
  std::optional<Scalar> highest;
  std::size_t fewest = 0;
  std::optional<std::size_t> most;
  std::vector<std::string> choices;
  std::vector<Scalar> chosen;
  std::vector<Check> checks;
  std::function<bool(const std::string&)> key_holds;
  std::string key_what;
  std::string key_pattern;
  bool required = false;
  bool secret = false;  // and what it holds is, too
};

/// The rule itself, or what it is about when it is an optional.
inline const Rule& without_optional(const Rule& rule) {
  return rule.type->shape == Shape::optional ? without_optional(*rule.element) : rule;
}
inline Rule& without_optional(Rule& rule) {
  return const_cast<Rule&>(without_optional(std::as_const(rule)));
}

/// Limits of one type by their order.
inline bool less(const Scalar& a, const Scalar& b) {
  if (const auto* number = std::get_if<double>(&a)) return *number < std::get<double>(b);
  return std::get<std::int64_t>(a) < std::get<std::int64_t>(b);
}

// rule_words.cpp

/// As messages say it after "expected": "a whole number".
std::string_view expected_kind(Shape shape);
/// As tables say it: "list of whole numbers".
std::string type_name(const Rule& rule, bool plural = false);
/// "1 to 65535", "at least 1"; empty without limits that are worth a word.
std::string range_text(const Rule& rule);
/// Of a whole number: both ends, whatever they are.
std::string full_range_text(const Rule& rule);
/// "at least 1 entry"; empty without such bounds.
std::string size_bounds(const Rule& rule);
/// All of the bounds: "at least 1 entry; each a method name".
std::string bounds_text(const Rule& rule);
/// "a, b or c".
std::string alternatives(const std::vector<std::string>& words);
/// The value of an object of the rule's type as JSON.
std::string written(const Rule& rule, const void* target);

// rule_reader.cpp

/// Reads a value into an object of the rule's type, which is left half-read when anything is wrong.
void read(const Rule& rule, const Value& value, void* target, Diagnostics& diagnostics);

}  // namespace catena::config::detail
