#include <catena/plugin/entry.hpp>

extern "C" {
extern CATENA_API const char catena_module_signature[];
__attribute__((used, section(CATENA_SIGNATURE_SECTION))) const char catena_module_signature[] =
    CATENA_SIGNATURE;
}
