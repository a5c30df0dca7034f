#include <fmt/format.h>

#include <algorithm>

#include "catena/config/json_text.hpp"
#include "catena/config/rule.hpp"
#include "catena/config/spelling.hpp"
#include "catena/config/units.hpp"

namespace catena::config::detail {
namespace {

std::vector<std::string> all_quoted(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  for (const std::string& word : words) out.push_back(json_string(word));
  return out;
}

bool within(const Rule& rule, const Scalar& scalar) {
  if (rule.lowest && less(scalar, *rule.lowest)) return false;
  if (rule.highest && less(*rule.highest, scalar)) return false;
  if (rule.type->shape != Shape::whole_number) return true;
  const std::int64_t whole = std::get<std::int64_t>(scalar);
  return whole >= rule.type->lowest && whole <= rule.type->highest;
}

/// Reads one value into one object of the rule's type.
class Reader {
 public:
  explicit Reader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void read(const Rule& rule, const Value& value, void* target) {
    if (value.failure() != nullptr) {
      diagnostics_.add(*value.failure());
      // Whoever builds the chain finds it as it stands, with its place.
      if (rule.type->shape == Shape::chain) rule.type->store(target, value);
      return;
    }
    const std::size_t before = diagnostics_.size();
    switch (rule.type->shape) {
      case Shape::optional:
        rule.type->clear(target);
        if (value.kind() == Value::Kind::null) return;
        return read(*rule.element, value, rule.type->append(target, {}));
      case Shape::list: read_list(rule, value, target); break;
      case Shape::map: read_map(rule, value, target); break;
      case Shape::object: rule.fields->read(target, value, diagnostics_, {}, {}); break;
      default:
        if (std::optional<Scalar> scalar = read_scalar(rule, value)) {
          rule.type->store(target, std::move(*scalar));
        }
    }
    if (diagnostics_.size() != before) return;
    for (const Check& check : rule.checks) {
      if (check.holds(target)) continue;
      if (rule.secret) {
        diagnostics_.add(value.problem(
            fmt::format("expected {}; what stands there is a secret, and not shown", check.what)));
      } else {
        expected(value, check.what);
      }
    }
  }

 private:
  void expected(const Value& value, std::string_view what) {
    diagnostics_.add(value.problem(fmt::format("expected {}, got {}", what, shown(value))));
  }
  void wrong_kind(const Rule& rule, const Value& value) {
    diagnostics_.add(value.problem(
        fmt::format("expected {}, got {}", expected_kind(rule.type->shape), kind_of(value))));
  }
  /// Where "true or false" would not say which.
  static std::string kind_of(const Value& value) {
    return value.kind() == Value::Kind::boolean ? shown(value) : std::string(value.kind_name());
  }

  void check_size(const Rule& rule, const Value& value, std::size_t size) {
    if (size >= rule.fewest && (!rule.most || size <= *rule.most)) return;
    diagnostics_.add(value.problem(fmt::format("expected {}, got {}", size_bounds(rule), size)));
  }

  void read_list(const Rule& rule, const Value& value, void* target) {
    if (value.kind() != Value::Kind::array) return wrong_kind(rule, value);
    check_size(rule, value, value.items().size());
    rule.type->clear(target);
    for (const Value& item : value.items()) {
      read(*rule.element, item, rule.type->append(target, {}));
    }
  }

  void read_map(const Rule& rule, const Value& value, void* target) {
    if (value.kind() != Value::Kind::object) return wrong_kind(rule, value);
    check_size(rule, value, value.members().size());
    rule.type->clear(target);
    for (const Member& member : value.members()) {
      if (rule.key_holds && !rule.key_holds(member.key)) {
        diagnostics_.add(value.problem_at_key(
            member, fmt::format("expected {}, got {}", rule.key_what, json_string(member.key))));
      }
      read(*rule.element, member.value, rule.type->append(target, member.key));
    }
  }

  std::optional<Scalar> read_scalar(const Rule& rule, const Value& value) {
    switch (rule.type->shape) {
      case Shape::boolean:
        if (value.kind() == Value::Kind::boolean) return value.as_bool();
        break;
      case Shape::whole_number: return read_whole_number(rule, value);
      case Shape::number:
        if (value.kind() == Value::Kind::integer || value.kind() == Value::Kind::number) {
          return bounded(rule, value, value.as_number());
        }
        break;
      case Shape::string:
        if (value.kind() == Value::Kind::string) return read_string(rule, value);
        break;
      case Shape::path:
        if (value.kind() == Value::Kind::string) return read_path(value);
        break;
      case Shape::choice:
        if (value.kind() == Value::Kind::string) return read_choice(rule, value);
        break;
      case Shape::duration:
        if (value.kind() == Value::Kind::string) {
          return read_unit(rule, value, parse_duration(value.as_string()));
        }
        break;
      case Shape::size:
        if (value.kind() == Value::Kind::string) {
          return read_unit(rule, value, parse_size(value.as_string()));
        }
        if (value.kind() == Value::Kind::integer && value.as_integer() >= 0) {
          return bounded(rule, value, value.as_integer());
        }
        if (value.kind() == Value::Kind::integer || value.kind() == Value::Kind::number) {
          expected(value, expected_kind(Shape::size));
          return std::nullopt;
        }
        break;
      default: return value;
    }
    wrong_kind(rule, value);
    return std::nullopt;
  }

  std::optional<Scalar> bounded(const Rule& rule, const Value& value, Scalar scalar) {
    if (within(rule, scalar)) return scalar;
    out_of_bounds(rule, value);
    return std::nullopt;
  }
  /// Names both ends unless the one that was passed says enough: "at least 0, got -1".
  void out_of_bounds(const Rule& rule, const Value& value) {
    std::string range = range_text(rule);
    if (rule.type->shape == Shape::whole_number && (range.empty() || value.as_number() > 0)) {
      range = full_range_text(rule);
    }
    expected(value, range);
  }

  std::optional<Scalar> read_whole_number(const Rule& rule, const Value& value) {
    if (value.kind() == Value::Kind::integer) return bounded(rule, value, value.as_integer());
    if (value.kind() != Value::Kind::number) {
      wrong_kind(rule, value);
    } else if (value.number_text().find_first_of(".eE") == std::string::npos) {
      out_of_bounds(rule, value);
    } else {
      expected(value, expected_kind(Shape::whole_number));
    }
    return std::nullopt;
  }

  std::optional<Scalar> read_string(const Rule& rule, const Value& value) {
    if (!rule.choices.empty()) return read_choice(rule, value);
    check_size(rule, value, value.as_string().size());
    return value.as_string();
  }

  std::optional<Scalar> read_path(const Value& value) {
    const std::string& text = value.as_string();
    if (text.empty() || text.find('\0') != std::string::npos) {
      expected(value, expected_kind(Shape::path));
      return std::nullopt;
    }
    return value.directory() / text;
  }

  std::optional<Scalar> read_choice(const Rule& rule, const Value& value) {
    const auto found = std::find(rule.choices.begin(), rule.choices.end(), value.as_string());
    if (found != rule.choices.end()) {
      return rule.chosen[static_cast<std::size_t>(found - rule.choices.begin())];
    }
    std::string message =
        fmt::format("expected {}, got {}", alternatives(all_quoted(rule.choices)), shown(value));
    if (const auto near = nearest(value.as_string(), rule.choices)) {
      message += fmt::format("; did you mean {}?", json_string(*near));
    }
    diagnostics_.add(value.problem(std::move(message)));
    return std::nullopt;
  }

  std::optional<Scalar> read_unit(const Rule& rule, const Value& value,
                                  std::optional<std::int64_t> count) {
    if (count) return bounded(rule, value, *count);
    expected(value, expected_kind(rule.type->shape));
    return std::nullopt;
  }

  Diagnostics& diagnostics_;
};

}  // namespace

void read(const Rule& rule, const Value& value, void* target, Diagnostics& diagnostics) {
  Reader(diagnostics).read(rule, value, target);
}

}  // namespace catena::config::detail
