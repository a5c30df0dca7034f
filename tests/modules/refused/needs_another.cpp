#include <catena/plugin/entry.hpp>

extern "C" int answer_beside_it();

CATENA_MODULE(registry) { answer_beside_it(); }
