#pragma once

#include "catena/export.hpp"
#include "catena/plugin/registry.hpp"
#include "catena/plugin/signature.hpp"

#if defined(__has_attribute)
#if __has_attribute(retain)
#define CATENA_MODULE_KEPT used, retain
#endif
#endif
#if !defined(CATENA_MODULE_KEPT)
#define CATENA_MODULE_KEPT used
#endif

/// Makes a module of a shared library. Once in one of its sources, outside of every namespace:
///
///     CATENA_MODULE(registry) { registry.add(hello()); }
///
/// The body is run each time a configuration that names the module is loaded, and may be run on any
/// thread, but not on two at once; it adds the plugins to the (empty) registry that it is given and
/// does nothing else. What it throws makes catena refuse the module.
#define CATENA_MODULE(registry)                                          \
  extern "C" {                                                           \
  extern CATENA_API const char catena_module_signature[];                \
  __attribute__((CATENA_MODULE_KEPT, section(CATENA_SIGNATURE_SECTION))) \
  const char catena_module_signature[] = CATENA_SIGNATURE;               \
  CATENA_API void catena_module_entry(::catena::Registry& registry);     \
  }                                                                      \
  void catena_module_entry([[maybe_unused]] ::catena::Registry& registry)
