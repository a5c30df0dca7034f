#include "plugins/builtin.hpp"

// The one list of built-in plugins: each name is a function `Plugin name()` in the file of that
// name.
#define CATENA_BUILTIN_PLUGINS(plugin)                                                 \
  plugin(access_log) plugin(error_pages) plugin(explain_header) plugin(index_resolver) \
      plugin(method_filter) plugin(route) plugin(static_file) plugin(traversal_guard)

namespace catena::plugins {

#define CATENA_DECLARE(name) Plugin name();
CATENA_BUILTIN_PLUGINS(CATENA_DECLARE)
#undef CATENA_DECLARE

void add_builtin(Registry& registry) {
#define CATENA_ADD(name) registry.add(name());
  CATENA_BUILTIN_PLUGINS(CATENA_ADD)
#undef CATENA_ADD
}

}  // namespace catena::plugins
