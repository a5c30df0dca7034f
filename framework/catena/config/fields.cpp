#include "catena/config/fields.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "catena/config/json_text.hpp"
#include "catena/config/rule.hpp"
#include "catena/config/spelling.hpp"

namespace catena::config {

Invalid::Invalid(std::string option, const std::string& message)
    : std::runtime_error(message), option_(std::move(option)) {}

Invalid::~Invalid() = default;

Diagnostic Invalid::diagnostic(const Value& entry) const {
  const Value* at = &entry;
  std::string_view rest = option_;
  while (!rest.empty()) {
    const std::string_view step = rest.substr(0, rest.find('/'));
    const Value* below = at->find(step);
    for (std::size_t i = 0; below == nullptr && i < at->items().size(); ++i) {
      if (std::to_string(i) == step) below = &at->items()[i];
    }
    if (below == nullptr) return at->problem(fmt::format("option \"{}\": {}", option_, what()));
    at = below;
    rest.remove_prefix(std::min(rest.size(), step.size() + 1));
  }
  return at->problem(what());
}

namespace detail {

struct Field {
  std::string name;
  std::string sentence;
  FieldSet::Access access;
  Rule rule;
};

namespace {

Rule make_rule(const Type& type, const std::shared_ptr<const FieldSet>& nested) {
  Rule rule;
  rule.type = &type;
  if (type.element != nullptr) {
    rule.element = std::make_unique<Rule>(make_rule(*type.element, nested));
  }
  if (type.shape == Shape::object) rule.fields = nested;
  return rule;
}

Rule& innermost(Rule& rule) { return rule.element ? innermost(*rule.element) : rule; }

std::string unknown_option(std::string_view key, std::string_view owner,
                           const std::vector<std::string>& known,
                           std::span<const std::string_view> also_known) {
  std::string out = "unknown option";
  if (!owner.empty()) out.append(" of ").append(owner);
  if (key == "include") return out + "; to include a file, it must be the object's only member";
  std::vector<std::string> candidates = known;
  candidates.insert(candidates.end(), also_known.begin(), also_known.end());
  if (const auto near = nearest(key, candidates)) {
    return out + fmt::format("; did you mean {}?", json_string(*near));
  }
  if (known.empty()) return out + "; there are none";
  out += "; known: ";
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (i > 0) out += ", ";
    out += json_string(known[i]);
  }
  return out;
}

std::optional<double> as_double(const std::optional<Scalar>& scalar) {
  if (!scalar) return std::nullopt;
  if (const auto* number = std::get_if<double>(&*scalar)) return *number;
  return static_cast<double>(std::get<std::int64_t>(*scalar));
}

/// `target` is null for what has no default of its own: the elements of lists and maps.
FieldInfo describe(const Rule& declared, void* target) {
  const Rule& rule = without_optional(declared);
  const Shape shape = rule.type->shape;
  if (shape == Shape::choice && rule.choices.empty()) {
    throw std::logic_error("an option that is an enum needs choices");
  }
  FieldInfo info;
  info.type = type_name(rule);
  info.bounds = bounds_text(rule);
  info.shape = shape;
  info.nullable = &rule != &declared;
  info.choices = rule.choices;
  info.lowest = as_double(rule.lowest);
  info.highest = as_double(rule.highest);
  if (shape == Shape::whole_number) {
    if (!info.lowest) info.lowest = static_cast<double>(rule.type->lowest);
    if (!info.highest) info.highest = static_cast<double>(rule.type->highest);
  }
  info.fewest = rule.fewest;
  info.most = rule.most;
  info.key_pattern = rule.key_pattern;
  for (const Check& check : rule.checks) {
    if (!check.pattern.empty()) info.pattern = check.pattern;
  }
  if (shape == Shape::list || shape == Shape::map) {
    info.element.push_back(describe(*rule.element, nullptr));
    info.fields = info.element.front().fields;
  }
  if (shape == Shape::object) {
    if (target == nullptr || info.nullable) {
      info.fields = rule.fields->list(rule.type->make().get());
    } else {
      info.fields = rule.fields->list(target);
    }
  }
  if (target != nullptr && (shape != Shape::object || info.nullable)) {
    info.default_text = written(declared, target);
  }
  return info;
}

}  // namespace

void set_limits(Rule& rule, Scalar lowest, Scalar highest) {
  Rule& inner = innermost(rule);
  inner.lowest = std::move(lowest);
  inner.highest = std::move(highest);
}

void set_fewest(Rule& rule, std::size_t count) { without_optional(rule).fewest = count; }

void set_most(Rule& rule, std::size_t count) { without_optional(rule).most = count; }

void add_choice(Rule& rule, std::string name, Scalar value) {
  Rule& inner = innermost(rule);
  inner.choices.push_back(std::move(name));
  inner.chosen.push_back(std::move(value));
}

void add_check(Rule& rule, Check check) {
  without_optional(rule).checks.push_back(std::move(check));
}

void add_each(Rule& rule, Check check) {
  without_optional(*without_optional(rule).element).checks.push_back(std::move(check));
}

void add_key_check(Rule& rule, std::function<bool(const std::string&)> holds, std::string what,
                   std::string pattern) {
  Rule& map = without_optional(rule);
  map.key_holds = std::move(holds);
  map.key_what = std::move(what);
  map.key_pattern = std::move(pattern);
}

void set_required(Rule& rule) { rule.required = true; }

void set_secret(Rule& rule) {
  rule.secret = true;
  if (rule.element) set_secret(*rule.element);
}

Rule& FieldSet::add(std::string name, std::string sentence, const Type& type, Access access,
                    std::shared_ptr<const FieldSet> nested) {
  for (const auto& field : fields_) {
    if (field->name == name) throw std::logic_error("two options are called " + name);
  }
  fields_.push_back(std::make_shared<Field>(
      Field{std::move(name), std::move(sentence), std::move(access), make_rule(type, nested)}));
  return fields_.back()->rule;
}

void FieldSet::read(void* object, const Value& value, Diagnostics& diagnostics,
                    std::string_view owner, std::span<const std::string_view> also_known) const {
  if (value.failure() != nullptr) return diagnostics.add(*value.failure());
  if (value.kind() != Value::Kind::object) {
    diagnostics.add(value.problem(fmt::format("expected an object, got {}", value.kind_name())));
    return;
  }
  std::vector<std::string> known;
  for (const auto& field : fields_) {
    known.push_back(field->name);
    if (field->rule.required && value.find(field->name) == nullptr) {
      diagnostics.add(value.problem(
          owner.empty() ? fmt::format("missing option {}", json_string(field->name))
                        : fmt::format("missing option {} of {}", json_string(field->name), owner)));
    }
  }
  for (const Member& member : value.members()) {
    const auto field = std::find_if(fields_.begin(), fields_.end(), [&](const auto& candidate) {
      return candidate->name == member.key;
    });
    if (field != fields_.end()) {
      detail::read((*field)->rule, member.value, (*field)->access(object), diagnostics);
    } else if (std::find(also_known.begin(), also_known.end(), member.key) == also_known.end()) {
      diagnostics.add(
          value.problem_at_key(member, unknown_option(member.key, owner, known, also_known)));
    }
  }
}

FieldList FieldSet::list(void* defaults) const {
  FieldList list;
  for (const auto& field : fields_) {
    FieldInfo info = describe(field->rule, field->access(defaults));
    info.name = field->name;
    info.sentence = field->sentence;
    info.required = field->rule.required;
    if (info.required) info.default_text.clear();
    list.push_back(std::move(info));
  }
  return list;
}

std::string FieldSet::written(void* object) const {
  std::string out;
  for (const auto& field : fields_) {
    if (!out.empty()) out += ',';
    out += json_string(field->name) + ":" + detail::written(field->rule, field->access(object));
  }
  return "{" + out + "}";
}

}  // namespace detail
}  // namespace catena::config
