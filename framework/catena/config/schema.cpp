#include "catena/config/schema.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "catena/config/describe.hpp"
#include "catena/config/units.hpp"

namespace catena::config {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
/// What takes something from the environment; what it will be is not known here.
constexpr const char* takes_variable = R"(\$\{)";

Json reference(std::string_view name) { return {{"$ref", std::string("#/$defs/").append(name)}}; }

Json value_schema(const FieldInfo& field);

Json number_schema(const FieldInfo& field, const char* type) {
  Json out{{"type", type}};
  // Beyond that, neither a double nor a reader of JSON tells whole numbers apart.
  constexpr double exact = 9007199254740992;
  const auto limit = [&](const char* name, const std::optional<double>& value) {
    if (!value || std::abs(*value) > exact) return;
    const bool whole = std::trunc(*value) == *value;
    out[name] = whole ? Json(static_cast<std::int64_t>(*value)) : Json(*value);
  };
  limit("minimum", field.lowest);
  limit("maximum", field.highest);
  return out;
}

std::int64_t whole_or(const std::optional<double>& value, std::int64_t otherwise) {
  return value ? static_cast<std::int64_t>(*value) : otherwise;
}

Json text_schema(const FieldInfo& field) {
  Json out{{"type", "string"}};
  // Bytes are counted; a character takes up to four of them.
  if (field.fewest > 0) out["minLength"] = (field.fewest + 3) / 4;
  if (field.most) out["maxLength"] = *field.most;
  if (!field.pattern.empty()) out["pattern"] = field.pattern;
  return out;
}

/// What may stand there of its own kind, each of which is an alternative.
std::vector<Json> scalar_schemas(const FieldInfo& field) {
  const bool bounded = field.lowest || field.highest;
  switch (field.shape) {
    case Shape::boolean: return {{{"type", "boolean"}}};
    case Shape::whole_number: return {number_schema(field, "integer")};
    case Shape::number: return {number_schema(field, "number")};
    case Shape::path: return {{{"type", "string"}, {"pattern", R"(^[^\u0000]+$)"}}};
    case Shape::duration:
      if (!bounded) return {reference("duration")};
      return {{{"type", "string"},
               {"pattern",
                duration_pattern(whole_or(field.lowest, 0), whole_or(field.highest, largest))}}};
    case Shape::size: {
      if (!bounded) return {reference("size")};
      const std::string pattern =
          size_pattern(whole_or(field.lowest, 0), whole_or(field.highest, largest));
      return {number_schema(field, "integer"), {{"type", "string"}, {"pattern", pattern}}};
    }
    case Shape::choice: return {{{"enum", field.choices}}};
    default:
      if (!field.choices.empty()) return {{{"enum", field.choices}}};
      return {text_schema(field)};
  }
}

bool is_written_as_text(Shape shape) {
  return shape != Shape::boolean && shape != Shape::whole_number && shape != Shape::number;
}

/// Whether any text will do, one with a variable in it, too.
bool takes_any_text(const FieldInfo& field) {
  return field.shape == Shape::path || (field.shape == Shape::string && field.choices.empty() &&
                                        field.pattern.empty() && field.fewest <= 1 && !field.most);
}

Json any_of(std::vector<Json> alternatives) { return {{"anyOf", std::move(alternatives)}}; }

Json list_schema(const FieldInfo& field) {
  Json list{{"type", "array"}, {"items", value_schema(field.element.front())}};
  // An included file may bring any number of entries.
  if (field.fewest > 1 || field.most) {
    Json bounds{{"minItems", field.fewest}};
    if (field.most) bounds["maxItems"] = *field.most;
    list["if"] = {{"not", {{"contains", reference("include")}}}};
    list["then"] = std::move(bounds);
  } else if (field.fewest == 1) {
    list["minItems"] = 1;
  }
  return list;
}

Json map_schema(const FieldInfo& field) {
  Json map{{"type", "object"}, {"additionalProperties", value_schema(field.element.front())}};
  if (!field.key_pattern.empty()) map["propertyNames"] = {{"pattern", field.key_pattern}};
  if (field.fewest > 0) map["minProperties"] = field.fewest;
  if (field.most) map["maxProperties"] = *field.most;
  return map;
}

/// The object itself, or a file that holds it.
Json or_included(Json object) {
  return {{"if", reference("only_include")},
          {"then", reference("include")},
          {"else", std::move(object)}};
}

/// What an option says of itself, and what its value may be.
Json property(const FieldInfo& field) {
  Json out = Json::object();
  if (const std::string text = explained(field); !text.empty()) out["description"] = text;
  const bool has_default = !field.default_text.empty() && field.shape != Shape::chain;
  if (has_default) out["default"] = Json::parse(field.default_text);
  out.update(value_schema(field));
  return out;
}

Json object_schema(const FieldList& fields, Json properties = Json::object()) {
  Json required = Json::array();
  for (const FieldInfo& field : fields) {
    properties[field.name] = property(field);
    if (field.required) required.push_back(field.name);
  }
  Json out{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) out["required"] = std::move(required);
  out["additionalProperties"] = false;
  return out;
}

Json value_schema(const FieldInfo& field) {
  std::vector<Json> alternatives;
  switch (field.shape) {
    case Shape::any: return Json::object();
    case Shape::chain: alternatives = {reference("chain")}; break;
    case Shape::list: alternatives = {list_schema(field), reference("include")}; break;
    case Shape::map: alternatives = {or_included(map_schema(field))}; break;
    case Shape::object: alternatives = {or_included(object_schema(field.fields))}; break;
    default:
      alternatives = scalar_schemas(field);
      if (is_written_as_text(field.shape) && !takes_any_text(field)) {
        alternatives.push_back(reference("environment"));
      }
      alternatives.push_back(reference("include"));
  }
  if (field.nullable) alternatives.push_back({{"type", "null"}});
  return alternatives.size() == 1 ? alternatives.front() : any_of(std::move(alternatives));
}

std::string definition_of(const HandlerInfo& handler) { return "plugin_" + handler.name; }

/// An entry of a chain: its "plugin" says which options it has.
Json entry_schema(std::span<const HandlerInfo> handlers) {
  std::vector<Json> names;
  Json kinds = Json::array();
  for (const HandlerInfo& handler : handlers) {
    names.push_back({{"const", handler.name}, {"description", handler.summary}});
    kinds.push_back(
        {{"if",
          {{"properties", {{"plugin", {{"const", handler.name}}}}}, {"required", {"plugin"}}}},
         {"then", reference(definition_of(handler))}});
  }
  names.push_back(reference("environment"));
  names.push_back(reference("include"));
  Json plugin{{"description", "The kind of handler."}};
  plugin.update(any_of(std::move(names)));
  Json entry{{"type", "object"},
             {"properties", {{"plugin", std::move(plugin)}}},
             {"required", {"plugin"}}};
  if (!kinds.empty()) entry["allOf"] = std::move(kinds);
  return or_included(std::move(entry));
}

Json definitions(std::span<const HandlerInfo> handlers) {
  Json out;
  out["chain"] = {{"anyOf",
                   {{{"type", "array"}, {"items", reference("handler")}, {"minItems", 1}},
                    reference("include")}}};
  out["handler"] = entry_schema(handlers);
  for (const HandlerInfo& handler : handlers) {
    Json options{{"description", handler.summary}};
    options.update(object_schema(handler.options, {{"plugin", true}}));
    out[definition_of(handler)] = std::move(options);
  }
  out["duration"] = {{"type", "string"}, {"pattern", duration_pattern(0, largest)}};
  out["size"] = any_of({{{"type", "integer"}, {"minimum", 0}},
                        {{"type", "string"}, {"pattern", size_pattern(0, largest)}}});
  out["environment"] = {
      {"$comment", "${NAME} or ${NAME:-default}, from the environment of the server."},
      {"type", "string"},
      {"pattern", takes_variable}};
  Json file{{"description",
             "Another file, which holds what stands here; relative to the file that names it."}};
  const auto include = [](Json path) -> Json {
    return {{"type", "object"},
            {"properties", {{"include", std::move(path)}}},
            {"required", {"include"}},
            {"maxProperties", 1}};
  };
  out["only_include"] = include(file);
  file.update({{"type", "string"}, {"pattern", R"(^[^\u0000]+$)"}});
  out["include"] = include(std::move(file));
  return out;
}

}  // namespace

std::string json_schema(const FieldList& top, std::span<const HandlerInfo> handlers) {
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "The configuration of catena"}};
  Json for_editors{
      {"$schema",
       {{"description",
         "The schema that an editor checks this file by; catena does not look at it."}}}};
  schema.update(or_included(object_schema(top, std::move(for_editors))));
  schema["$defs"] = definitions(handlers);
  return schema.dump(2) + "\n";
}

}  // namespace catena::config
