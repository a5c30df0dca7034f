#include <catena/plugin/entry.hpp>

extern "C" void defined_nowhere();

CATENA_MODULE(registry) { defined_nowhere(); }
