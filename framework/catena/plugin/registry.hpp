#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "catena/export.hpp"
#include "catena/plugin/plugin.hpp"

namespace catena {

/// The plugins at hand, by name. Filled at the start, then only read.
class CATENA_API Registry {
 public:
  /// Throws std::invalid_argument when the name is taken.
  void add(Plugin plugin);
  /// Null when there is none of that name.
  const Plugin* find(std::string_view name) const noexcept;
  /// In alphabetical order.
  std::vector<std::string> names() const;

 private:
  std::map<std::string, Plugin, std::less<>> plugins_;
};

}  // namespace catena
