// A shared library that is no module, whatever its function is called.

#include <catena/export.hpp>

extern "C" CATENA_API void catena_module_entry() {}
