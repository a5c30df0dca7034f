#include <catena/plugin.hpp>

CATENA_MODULE(registry) { throw 7; }
