#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "catena/config/document.hpp"
#include "catena/export.hpp"

namespace catena::config {

/// Options are declared once, as members of a plain struct whose initializers are the defaults:
///
///     struct Options {
///       std::vector<std::string> allow{"GET", "HEAD"};
///       std::chrono::milliseconds timeout{10s};
///     };
///
///     config::Fields<Options> fields() {
///       config::Fields<Options> fields;
///       fields.add("allow", &Options::allow, "The methods let through, literally.")
///           .each(is_token, "a method name")
///           .at_least(1);
///       fields.add("timeout", &Options::timeout, "How long it may take.").between(1ms, 1h);
///       return fields;
///     }
///
/// and everything else comes from that: strict reading with diagnostics, and the list that tools,
/// tables and the schema are made from.
///
/// A member of a type is written as:
///
///     bool                        true or false
///     any integer                 a whole number that the type holds
///     double                      a number
///     std::string                 a string
///     std::filesystem::path       a string; relative to the directory of the file it stands in
///     std::chrono::milliseconds   "500ms", "10s", "5m", "1h"
///     config::Bytes               65536 or "64KiB", "1MiB", "1GiB"
///     an enum, with .choices      one of the names
///     std::optional<T>            as T, or null
///     std::vector<T>              an array, which replaces the default
///     std::map<std::string, T>    an object, which replaces the default
///     a struct, with its Fields   an object; what it leaves out keeps its default
///     config::Chain               an array of handlers
///     config::Value               anything; it is left to the one who asked for it

/// A number of bytes.
struct Bytes {
  std::uint64_t count = 0;

  friend auto operator<=>(const Bytes&, const Bytes&) = default;
};

/// A list of handlers, as "chain" holds one. What the entries say is left to who builds it.
struct Chain {
  Value entries;
};

/// What an option's value looks like.
enum class Shape {
  boolean,
  whole_number,
  number,
  string,
  path,
  duration,
  size,
  choice,
  chain,
  any,
  optional,
  list,
  map,
  object,
};

/// One option as tools show it: what its declaration says, without the C++ type.
struct FieldInfo {
  std::string name;
  std::string type;  ///< "list of strings", "duration", "whole number"
  std::string
      default_text;    ///< as JSON: ["GET","HEAD"], "10s"; empty for required ones and objects
  std::string bounds;  ///< "1 to 65535", "common, combined or json"; empty when there are none
  std::string sentence;
  bool required = false;
  std::vector<FieldInfo> fields;  ///< of an object, or of the objects in a list or map

  /// The same for programs.
  Shape shape = Shape::any;  ///< never `optional`: see nullable
  bool nullable = false;
  std::vector<std::string> choices;
  std::optional<double> lowest;  ///< of numbers; of durations in milliseconds, of sizes in bytes
  std::optional<double> highest;
  std::size_t fewest = 0;  ///< entries of a list or map, bytes of a string
  std::optional<std::size_t> most;
  std::vector<FieldInfo> element;  ///< of a list or map: exactly one, without a name
  /// Of a string, and of the keys of a map: a regular expression (ECMA-262) that all which are
  /// taken match; empty where none is declared.
  std::string pattern;
  std::string key_pattern;
};
using FieldList = std::vector<FieldInfo>;

/// Thrown by a factory that finds an option wrong only when it uses it; reported at that option.
class CATENA_API Invalid : public std::runtime_error {
 public:
  /// The option by its name, or by its path below the entry, as in "limits/body" or "allow/1".
  Invalid(std::string option, const std::string& message);
  ~Invalid() override;
  const std::string& option() const noexcept { return option_; }
  /// What to report, at the option's value, or at the entry when that does not have it.
  Diagnostic diagnostic(const Value& entry) const;

 private:
  std::string option_;
};

namespace detail {

using Scalar = std::variant<bool, std::int64_t, double, std::string, std::filesystem::path, Value>;
using Visitor = std::function<void(const std::string& key, const void* element)>;

/// How the reader reaches into a C++ type that it doesn't know.
struct Type {
  Shape shape;
  // Whole numbers: what the type holds.
  std::int64_t lowest = 0;
  std::int64_t highest = 0;
  // Scalars. Durations, sizes and choices travel as whole numbers.
  void (*store)(void* target, Scalar value) = nullptr;
  Scalar (*load)(const void* target) = nullptr;
  // Optionals, lists and maps.
  const Type* element = nullptr;
  void (*clear)(void* target) = nullptr;
  void* (*append)(void* target, const std::string& key) = nullptr;
  void (*visit)(const void* target, const Visitor& visitor) = nullptr;
  // Objects.
  std::shared_ptr<void> (*make)() = nullptr;
};

template <typename T>
concept WholeNumber = std::integral<T> && !std::same_as<T, bool>;

template <typename T>
constexpr Shape scalar_shape() {
  if constexpr (std::same_as<T, bool>)
    return Shape::boolean;
  else if constexpr (std::integral<T>)
    return Shape::whole_number;
  else if constexpr (std::same_as<T, double>)
    return Shape::number;
  else if constexpr (std::same_as<T, std::string>)
    return Shape::string;
  else if constexpr (std::same_as<T, std::filesystem::path>)
    return Shape::path;
  else if constexpr (std::same_as<T, std::chrono::milliseconds>)
    return Shape::duration;
  else if constexpr (std::same_as<T, Bytes>)
    return Shape::size;
  else if constexpr (std::is_enum_v<T>)
    return Shape::choice;
  else if constexpr (std::same_as<T, Chain>)
    return Shape::chain;
  else if constexpr (std::same_as<T, Value>)
    return Shape::any;
  else
    return Shape::object;
}

template <typename T>
void store(void* target, Scalar value) {
  T& out = *static_cast<T*>(target);
  if constexpr (scalar_shape<T>() == Shape::duration) {
    out = T(std::get<std::int64_t>(value));
  } else if constexpr (scalar_shape<T>() == Shape::size) {
    out.count = static_cast<std::uint64_t>(std::get<std::int64_t>(value));
  } else if constexpr (scalar_shape<T>() == Shape::chain) {
    out.entries = std::get<Value>(std::move(value));
  } else if constexpr (WholeNumber<T> || std::is_enum_v<T>) {
    out = static_cast<T>(std::get<std::int64_t>(value));
  } else {
    out = std::get<T>(std::move(value));
  }
}

template <typename T>
Scalar to_scalar(const T& value) {
  if constexpr (scalar_shape<T>() == Shape::duration) {
    return static_cast<std::int64_t>(value.count());
  } else if constexpr (scalar_shape<T>() == Shape::size) {
    return static_cast<std::int64_t>(value.count);
  } else if constexpr (scalar_shape<T>() == Shape::chain) {
    return value.entries;
  } else if constexpr (WholeNumber<T> || std::is_enum_v<T>) {
    return static_cast<std::int64_t>(value);
  } else {
    return value;
  }
}

template <typename T>
Scalar load(const void* target) {
  return to_scalar(*static_cast<const T*>(target));
}

template <typename T>
constexpr Type scalar_type() {
  Type type{scalar_shape<T>()};
  if constexpr (scalar_shape<T>() == Shape::object) {
    type.make = [] { return std::shared_ptr<void>(std::make_shared<T>()); };
  } else {
    if constexpr (WholeNumber<T>) {
      type.lowest = static_cast<std::int64_t>(std::numeric_limits<T>::min());
      type.highest = std::in_range<std::int64_t>(std::numeric_limits<T>::max())
                         ? static_cast<std::int64_t>(std::numeric_limits<T>::max())
                         : std::numeric_limits<std::int64_t>::max();
    }
    type.store = store<T>;
    type.load = load<T>;
  }
  return type;
}

/// `type` of a T; `Innermost`, what bounds and choices are about; `Held`, what a check is about;
/// `Element`, what `each` is about (void when there are no elements).
template <typename T>
struct TypeOf {
  using Innermost = T;
  using Held = T;
  using Element = void;
  static constexpr bool has_keys = false;
  static constexpr Type type = scalar_type<T>();
};

template <typename T>
struct TypeOf<std::optional<T>> {
  using Innermost = typename TypeOf<T>::Innermost;
  using Held = typename TypeOf<T>::Held;
  using Element = typename TypeOf<T>::Element;
  static constexpr bool has_keys = TypeOf<T>::has_keys;
  static constexpr Type type{
      .shape = Shape::optional,
      .element = &TypeOf<T>::type,
      .clear = [](void* target) { static_cast<std::optional<T>*>(target)->reset(); },
      .append = [](void* target, const std::string&) -> void* {
        return &static_cast<std::optional<T>*>(target)->emplace();
      },
      .visit =
          [](const void* target, const Visitor& visitor) {
            const auto& value = *static_cast<const std::optional<T>*>(target);
            if (value) visitor({}, &*value);
          },
  };
};

template <typename T>
struct TypeOf<std::vector<T>> {
  static_assert(!std::same_as<T, bool>, "a list of true or false has no use as an option");
  using Innermost = typename TypeOf<T>::Innermost;
  using Held = std::vector<T>;
  using Element = T;
  static constexpr bool has_keys = false;
  static constexpr Type type{
      .shape = Shape::list,
      .element = &TypeOf<T>::type,
      .clear = [](void* target) { static_cast<std::vector<T>*>(target)->clear(); },
      .append = [](void* target, const std::string&) -> void* {
        return &static_cast<std::vector<T>*>(target)->emplace_back();
      },
      .visit =
          [](const void* target, const Visitor& visitor) {
            for (const T& item : *static_cast<const std::vector<T>*>(target)) visitor({}, &item);
          },
  };
};

template <typename T, typename Compare>
struct TypeOf<std::map<std::string, T, Compare>> {
  using Map = std::map<std::string, T, Compare>;
  using Innermost = typename TypeOf<T>::Innermost;
  using Held = Map;
  using Element = T;
  static constexpr bool has_keys = true;
  static constexpr Type type{
      .shape = Shape::map,
      .element = &TypeOf<T>::type,
      .clear = [](void* target) { static_cast<Map*>(target)->clear(); },
      .append = [](void* target, const std::string& key) -> void* {
        return &(*static_cast<Map*>(target))[key];
      },
      .visit =
          [](const void* target, const Visitor& visitor) {
            for (const auto& [key, value] : *static_cast<const Map*>(target)) visitor(key, &value);
          },
  };
};

/// What `between` takes for each type; a null pointer for those without an order.
template <typename T>
struct LimitOf {
  using type = void*;
};
template <std::integral T>
requires(!std::same_as<T, bool>) struct LimitOf<T> {
  using type = std::int64_t;
};
template <>
struct LimitOf<double> {
  using type = double;
};
template <>
struct LimitOf<std::chrono::milliseconds> {
  using type = std::chrono::milliseconds;
};
template <>
struct LimitOf<Bytes> {
  using type = Bytes;
};

struct Rule;
struct Field;
struct Check {
  std::function<bool(const void*)> holds;
  std::string what;
  std::string pattern;
};

CATENA_API void set_limits(Rule& rule, Scalar lowest, Scalar highest);
CATENA_API void set_fewest(Rule& rule, std::size_t count);
CATENA_API void set_most(Rule& rule, std::size_t count);
CATENA_API void add_choice(Rule& rule, std::string name, Scalar value);
CATENA_API void add_check(Rule& rule, Check check);
CATENA_API void add_each(Rule& rule, Check check);
CATENA_API void add_key_check(Rule& rule, std::function<bool(const std::string&)> holds,
                              std::string what, std::string pattern);
CATENA_API void set_required(Rule& rule);
CATENA_API void set_secret(Rule& rule);

/// The declarations of a struct, whatever struct it is.
class CATENA_API FieldSet {
 public:
  using Access = std::function<void*(void* object)>;

  /// Throws std::logic_error when the name was declared before. The rule lives as long as the set
  /// and its copies, which share it.
  Rule& add(std::string name, std::string sentence, const Type& type, Access access,
            std::shared_ptr<const FieldSet> nested);
  void read(void* object, const Value& value, Diagnostics& diagnostics, std::string_view owner,
            std::span<const std::string_view> also_known) const;
  FieldList list(void* defaults) const;
  /// As JSON.
  std::string written(void* object) const;

 private:
  std::vector<std::shared_ptr<Field>> fields_;
};

}  // namespace detail

/// What Fields::add returns, to bound the option further. Lives no longer than the Fields.
template <typename T>
class FieldRule {
  using Type = detail::TypeOf<T>;
  using Innermost = typename Type::Innermost;
  using Limit = typename detail::LimitOf<Innermost>::type;

 public:
  explicit FieldRule(detail::Rule& rule) : rule_(&rule) {}

  /// Numbers, durations and sizes: both ends are allowed. In a list or map, each of them.
  FieldRule& between(Limit lowest, Limit highest) requires(!std::same_as<Limit, void*>) {
    detail::set_limits(*rule_, detail::to_scalar(lowest), detail::to_scalar(highest));
    return *this;
  }

  /// How many entries a list or map has, or bytes a string.
  FieldRule& at_least(std::size_t count) {
    detail::set_fewest(*rule_, count);
    return *this;
  }
  FieldRule& at_most(std::size_t count) {
    detail::set_most(*rule_, count);
    return *this;
  }

  /// The names that an enum's values go by.
  FieldRule& choices(std::initializer_list<std::pair<std::string_view, Innermost>> choices) requires
      std::is_enum_v<Innermost> {
    for (const auto& [name, value] : choices) {
      detail::add_choice(*rule_, std::string(name), detail::to_scalar(value));
    }
    return *this;
  }
  /// The strings that are allowed.
  FieldRule& choices(std::initializer_list<std::string_view> choices) requires
      std::same_as<Innermost, std::string> {
    for (const std::string_view name : choices) {
      detail::add_choice(*rule_, std::string(name), std::string(name));
    }
    return *this;
  }

  /// What must hold of the value (of an optional only when it has one), and how to say it after
  /// "expected": "a method name". The pattern is for editors: a regular expression (ECMA-262) that
  /// every string matches of which the predicate holds; patterns.hpp has some.
  template <typename Predicate>
  requires std::predicate<Predicate&, const typename Type::Held&> FieldRule& check(
      Predicate predicate, std::string what, std::string pattern = {}) {
    detail::add_check(*rule_, erased<typename Type::Held>(std::move(predicate), std::move(what),
                                                          std::move(pattern)));
    return *this;
  }

  /// What must hold of each entry of a list, or each value of a map.
  template <typename Predicate>
  requires(!std::is_void_v<typename Type::Element>) FieldRule& each(Predicate predicate,
                                                                    std::string what,
                                                                    std::string pattern = {}) {
    using Element = typename detail::TypeOf<typename Type::Element>::Held;
    detail::add_each(*rule_,
                     erased<Element>(std::move(predicate), std::move(what), std::move(pattern)));
    return *this;
  }

  /// What must hold of each key of a map.
  template <typename Predicate>
  requires Type::has_keys FieldRule& key(Predicate predicate, std::string what,
                                         std::string pattern = {}) {
    detail::add_key_check(*rule_, std::move(predicate), std::move(what), std::move(pattern));
    return *this;
  }

  /// The value is a secret: what is said of a wrong one does not show it.
  FieldRule& secret() {
    detail::set_secret(*rule_);
    return *this;
  }

  /// There is no default: leaving it out is an error.
  FieldRule& required() {
    detail::set_required(*rule_);
    return *this;
  }

 private:
  template <typename Held, typename Predicate>
  static detail::Check erased(Predicate predicate, std::string what, std::string pattern) {
    return {[predicate = std::move(predicate)](const void* value) -> bool {
              return predicate(*static_cast<const Held*>(value));
            },
            std::move(what), std::move(pattern)};
  }

  detail::Rule* rule_;
};

/// The options of a struct, which can be default-constructed; a fresh one holds the defaults.
/// Declared once and then only read, from any thread.
template <typename Options>
class Fields {
 public:
  /// Declares an option: its name in the configuration, the member that holds it, and one sentence.
  template <typename T>
  FieldRule<T> add(std::string name, T Options::*member, std::string sentence) {
    static_assert(detail::scalar_shape<typename detail::TypeOf<T>::Innermost>() != Shape::object,
                  "an option of this type needs the fields of the struct as a fourth argument");
    return FieldRule<T>(set_.add(std::move(name), std::move(sentence), detail::TypeOf<T>::type,
                                 access(member), nullptr));
  }

  /// Declares an option that is a struct of its own, or a list, map or optional of such.
  template <typename T>
  FieldRule<T> add(std::string name, T Options::*member, std::string sentence,
                   Fields<typename detail::TypeOf<T>::Innermost> nested) {
    return FieldRule<T>(set_.add(std::move(name), std::move(sentence), detail::TypeOf<T>::type,
                                 access(member),
                                 std::make_shared<detail::FieldSet>(std::move(nested.set_))));
  }

  /// Reads an object strictly: what is unknown, missing, of a wrong type or out of bounds is
  /// reported, all of it, and then what is returned must not be used. `owner` is whose options they
  /// are, for the messages; `also_known` are members that somebody else reads.
  Options read(const Value& object, Diagnostics& diagnostics, std::string_view owner = {},
               std::span<const std::string_view> also_known = {}) const {
    Options options{};
    set_.read(&options, object, diagnostics, owner, also_known);
    return options;
  }

  /// The options for tools, in the order of their declaration. Throws std::logic_error for a
  /// declaration that can't be right: an enum without choices.
  FieldList list() const {
    Options defaults{};
    return set_.list(&defaults);
  }

 private:
  template <typename>
  friend class Fields;

  template <typename T>
  static detail::FieldSet::Access access(T Options::*member) {
    return [member](void* object) -> void* { return &(static_cast<Options*>(object)->*member); };
  }

  detail::FieldSet set_;
};

}  // namespace catena::config
