#pragma once

#include <array>
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "catena/config/fields.hpp"
#include "catena/export.hpp"
#include "catena/pipeline/handler.hpp"
#include "catena/plugin/chain_builder.hpp"

namespace catena {

struct Module;

/// A named kind of handler: what a configuration may say after "plugin".
struct Plugin {
  std::string name;     ///< lower case with underscores
  std::string summary;  ///< one sentence
  config::FieldList options;
  /// Reads the options of one chain entry, reporting what is wrong, and builds the handler without
  /// side effects; null when anything was reported.
  std::function<std::unique_ptr<Handler>(const config::Value& entry, ChainBuilder&)> make;
  bool needs_root = false;  ///< whether it serves files, so that a chain with it must have a "root"
  bool passes_on = true;    ///< false when it never calls next, so that nothing may stand behind it
  bool listens = true;      ///< false when its handlers have no `finished` of their own

  /// Another plugin that it must stand before or after, and why, as a clause: "that one
  /// opens what this one refuses". Binds only where the other one is present, in the same chain or
  /// one around it.
  struct Order {
    std::string other;
    std::string reason;
  };
  std::vector<Order> before;
  std::vector<Order> after;

  /// The loaded module whose code this is; null for what is built in. Set by add_module.
  const Module* module = nullptr;
};

/// The members of a chain entry that are not options of its plugin.
inline constexpr std::array<std::string_view, 1> entry_keys{"plugin"};

/// Whether handlers of that class may have a `finished` of their own. A class that others may
/// derive from says nothing of theirs.
template <typename Class>
constexpr bool may_listen() {
  if constexpr (std::is_final_v<Class> && requires { &Class::finished; }) {
    return !std::is_same_v<decltype(&Class::finished), decltype(&Handler::finished)>;
  } else {
    return true;
  }
}

/// Puts a descriptor together. `make` takes the options that were read, and a ChainBuilder& if it
/// wants one, and returns the handler; a config::Invalid that it throws is reported at the option
/// it names.
template <typename Options, typename Make>
Plugin describe(std::string name, std::string summary, config::Fields<Options> fields, Make make) {
  constexpr bool wants_builder = std::invocable<const Make&, Options, ChainBuilder&>;
  config::FieldList list = fields.list();
  auto read_and_make = [name, list, fields = std::move(fields), make = std::move(make)](
                           const config::Value& entry,
                           ChainBuilder& builder) -> std::unique_ptr<Handler> {
    config::Diagnostics& diagnostics = builder.diagnostics();
    const std::size_t before = diagnostics.size();
    Options options = fields.read(entry, diagnostics, name, entry_keys);
    if (diagnostics.size() != before) {
      builder.check_chains(list, entry);
      return nullptr;
    }
    try {
      if constexpr (wants_builder) {
        return make(std::move(options), builder);
      } else {
        return make(std::move(options));
      }
    } catch (const config::Invalid& invalid) {
      diagnostics.add(invalid.diagnostic(entry));
      builder.check_chains(list, entry);
      return nullptr;
    }
  };
  Plugin plugin;
  plugin.name = std::move(name);
  plugin.summary = std::move(summary);
  plugin.options = std::move(list);
  plugin.make = std::move(read_and_make);
  if constexpr (wants_builder) {
    plugin.listens = may_listen<
        typename std::invoke_result_t<const Make&, Options, ChainBuilder&>::element_type>();
  } else {
    plugin.listens =
        may_listen<typename std::invoke_result_t<const Make&, Options>::element_type>();
  }
  return plugin;
}

}  // namespace catena
