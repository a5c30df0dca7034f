#include <catena/plugin/entry.hpp>

int defined_nowhere(const char* text, unsigned long count);

CATENA_MODULE(registry) { defined_nowhere("", 0); }
