#include "catena/config/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <string_view>

namespace catena::config {
namespace {

/// Every option in order, nested ones after theirs, under dotted names.
void walk(const FieldList& fields, const std::string& prefix,
          const std::function<void(const std::string& name, const FieldInfo&)>& visit) {
  for (const FieldInfo& field : fields) {
    const std::string name = prefix + field.name;
    visit(name, field);
    walk(field.fields, name + (field.shape == Shape::list ? "[]." : "."), visit);
  }
}

std::string default_or_required(const FieldInfo& field) {
  return field.required ? "required" : field.default_text;
}

/// A '|' would end the cell, also inside code.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string code(std::string_view text) {
  return text.empty() ? std::string() : fmt::format("`{}`", cell(text));
}

}  // namespace

std::string explained(const FieldInfo& field) {
  if (field.bounds.empty()) return field.sentence;
  std::string bounds = field.bounds;
  if (bounds.front() >= 'a' && bounds.front() <= 'z' && field.choices.empty()) {
    bounds.front() = static_cast<char>(bounds.front() - 'a' + 'A');
  }
  if (field.sentence.empty()) return bounds + ".";
  return fmt::format("{} {}.", field.sentence, bounds);
}

std::string markdown_table(const FieldList& fields) {
  if (fields.empty()) return {};
  std::string out = "| option | type | default | what it does |\n| --- | --- | --- | --- |\n";
  walk(fields, {}, [&out](const std::string& name, const FieldInfo& field) {
    fmt::format_to(std::back_inserter(out), "| {} | {} | {} | {} |\n", code(name), cell(field.type),
                   field.required ? "required" : code(field.default_text), cell(explained(field)));
  });
  return out;
}

std::string text_table(const FieldList& fields) {
  std::size_t width = 0;
  walk(fields, {}, [&width](const std::string& name, const FieldInfo&) {
    width = std::max(width, name.size());
  });
  std::string out;
  walk(fields, {}, [&](const std::string& name, const FieldInfo& field) {
    const std::string value = default_or_required(field);
    fmt::format_to(std::back_inserter(out), "  {:<{}}  {}{}{}\n  {:{}}  {}\n", name, width,
                   field.type,
                   value.empty()    ? ""
                   : field.required ? ", "
                                    : ", default ",
                   value, "", width, explained(field));
  });
  return out;
}

}  // namespace catena::config
