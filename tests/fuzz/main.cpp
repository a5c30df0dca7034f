#include "fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  catena::fuzz::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
