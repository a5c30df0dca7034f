#include "catena/serve/what_changed.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include "catena/config/json_text.hpp"

namespace catena {
namespace {

using config::Member;
using config::Value;
using Kind = Value::Kind;
using Lines = std::vector<std::string>;

bool same(const Value* a, const Value* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return config::to_json(*a) == config::to_json(*b);
}

/// The keys of both, those of the first in front.
std::vector<std::string_view> keys_of(const Value* before, const Value* after) {
  std::vector<std::string_view> keys;
  for (const Value* object : {before, after}) {
    if (object == nullptr) continue;
    for (const Member& member : object->members()) {
      if (std::find(keys.begin(), keys.end(), member.key) == keys.end()) keys.push_back(member.key);
    }
  }
  return keys;
}

const Value* member(const Value* object, std::string_view key) {
  return object == nullptr ? nullptr : object->find(key);
}

bool is_object(const Value* value) { return value != nullptr && value->kind() == Kind::object; }

void compare_settings(const std::string& name, const Value* before, const Value* after,
                      Lines& lines) {
  if (same(before, after)) return;
  if ((before == nullptr || is_object(before)) && (after == nullptr || is_object(after))) {
    for (const std::string_view key : keys_of(before, after)) {
      compare_settings(name + "." + std::string(key), member(before, key), member(after, key),
                       lines);
    }
    return;
  }
  const auto shown = [](const Value* value) {
    return value == nullptr ? std::string("not set") : config::to_json(*value);
  };
  lines.push_back(name + ": from " + shown(before) + " to " + shown(after));
}

std::string_view plugin_of(const Value& entry) {
  const Value* name = entry.find("plugin");
  return name != nullptr && name->kind() == Kind::string ? std::string_view(name->as_string())
                                                         : std::string_view("an entry");
}

/// "/chain/2 (method_filter)"
std::string place_of(const Value& entry) {
  return entry.pointer() + " (" + std::string(plugin_of(entry)) + ")";
}

/// Whether an option's value is a chain, to judge by its looks.
bool is_chain(const Value& value) {
  const auto is_entry = [](const Value& item) {
    const Value* name = item.find("plugin");
    return name != nullptr && name->kind() == Kind::string;
  };
  const auto items = value.items();
  return !items.empty() && std::all_of(items.begin(), items.end(), is_entry);
}

bool is_empty_array(const Value& value) {
  return value.kind() == Kind::array && value.items().empty();
}

void compare_chains(const Value* before, const Value* after, Lines& lines);

/// Writes down what is different in the chains of an option; returns whether anything else is, too.
bool compare_option(const Value* before, const Value* after, Lines& lines) {
  if (same(before, after)) return false;
  if (before == nullptr || after == nullptr || before->kind() != after->kind()) return true;
  if ((is_chain(*before) && (is_chain(*after) || is_empty_array(*after))) ||
      (is_chain(*after) && is_empty_array(*before))) {
    compare_chains(before, after, lines);
    return false;
  }
  bool different = false;
  if (is_object(before)) {
    for (const std::string_view key : keys_of(before, after)) {
      if (compare_option(before->find(key), after->find(key), lines)) different = true;
    }
    return different;
  }
  const auto a = before->items();
  const auto b = after->items();
  if (a.size() != b.size() || a.empty()) return true;
  for (std::size_t at = 0; at < a.size(); ++at) {
    if (compare_option(&a[at], &b[at], lines)) different = true;
  }
  return different;
}

void compare_entries(const Value& before, const Value& after, Lines& lines) {
  if (same(&before, &after)) return;
  std::string options;
  Lines behind;
  for (const std::string_view key : keys_of(&before, &after)) {
    if (!compare_option(before.find(key), after.find(key), behind)) continue;
    options.append(options.empty() ? ": " : ", ").append(key);
  }
  if (!options.empty() || behind.empty()) {
    lines.push_back(place_of(after) + ": changed" + options);
  }
  lines.insert(lines.end(), behind.begin(), behind.end());
}

/// How long the longest list is that is left of both when entries are dropped, by plugin names, for
/// every pair of beginnings counted from the end.
std::vector<std::vector<std::size_t>> common(std::span<const Value> a, std::span<const Value> b) {
  std::vector<std::vector<std::size_t>> length(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1, 0));
  for (std::size_t i = a.size(); i-- > 0;) {
    for (std::size_t j = b.size(); j-- > 0;) {
      length[i][j] = plugin_of(a[i]) == plugin_of(b[j])
                         ? length[i + 1][j + 1] + 1
                         : std::max(length[i + 1][j], length[i][j + 1]);
    }
  }
  return length;
}

void compare_chains(const Value* before, const Value* after, Lines& lines) {
  const std::span<const Value> a = before == nullptr ? std::span<const Value>{} : before->items();
  const std::span<const Value> b = after == nullptr ? std::span<const Value>{} : after->items();
  constexpr std::size_t most_compared = 1000;
  if (a.size() > most_compared || b.size() > most_compared) {
    if (!same(before, after)) {
      lines.push_back((after == nullptr ? before : after)->pointer() + ": changed");
    }
    return;
  }
  const auto length = common(a, b);
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && plugin_of(a[i]) == plugin_of(b[j])) {
      compare_entries(a[i++], b[j++], lines);
    } else if (j == b.size() || (i < a.size() && length[i + 1][j] >= length[i][j + 1])) {
      lines.push_back(place_of(a[i++]) + ": removed");
    } else {
      lines.push_back(place_of(b[j++]) + ": added");
    }
  }
}

}  // namespace

std::vector<std::string> what_changed(const Value& before, const Value& after) {
  Lines lines;
  for (const std::string_view key : keys_of(&before, &after)) {
    if (key == "chain") {
      compare_chains(before.find(key), after.find(key), lines);
    } else if (key == "expect") {
      if (!same(before.find(key), after.find(key))) lines.emplace_back("expect: changed");
    } else {
      compare_settings(std::string(key), before.find(key), after.find(key), lines);
    }
  }
  return lines;
}

}  // namespace catena
