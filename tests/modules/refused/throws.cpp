#include <catena/plugin.hpp>
#include <stdexcept>

CATENA_MODULE(registry) { throw std::runtime_error("no luck today"); }
