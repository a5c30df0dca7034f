#include <catena/export.hpp>

extern "C" CATENA_API int answer_beside_it() { return 42; }
