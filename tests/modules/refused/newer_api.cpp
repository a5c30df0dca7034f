// Built for an interface that is to come, whose symbols are not there yet.

#include <catena/plugin/entry.hpp>

#undef CATENA_API_VERSION
#define CATENA_API_VERSION 999

namespace catena {
void what_is_to_come(Registry& registry);
}

CATENA_MODULE(registry) { catena::what_is_to_come(registry); }
