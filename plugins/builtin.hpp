#pragma once

#include "catena/plugin/registry.hpp"

namespace catena::plugins {

/// Adds every built-in plugin.
void add_builtin(Registry& registry);

}  // namespace catena::plugins
