#pragma once

#include <cstddef>
#include <string_view>

namespace catena {

/// Has the processor fetch bytes that are read soon, while something else is done: what is kept of
/// many files is not in its cache, and each line of it would be waited for. No more than the first
/// 2 KiB.
inline void fetch_ahead(std::string_view bytes) noexcept {
  constexpr std::size_t line = 64;
  constexpr std::size_t most = 2048;
  for (std::size_t at = 0; at < bytes.size() && at < most; at += line) {
    __builtin_prefetch(bytes.data() + at);
  }
}

/// The same for an object, and not for what it points to.
template <typename Object>
void fetch_ahead(const Object* object) noexcept {
  fetch_ahead(std::string_view(reinterpret_cast<const char*>(object), sizeof(Object)));
}

}  // namespace catena
