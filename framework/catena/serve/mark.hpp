#pragma once

#include <cstdint>

#include "catena/serve/connection_table.hpp"
#include "catena/serve/door.hpp"

namespace catena {

/// What an event of epoll is about: a connection, or a door, whose address is marked by its lowest
/// bit. It is 0 for the signal that there is something to look at.
static_assert(alignof(Door) > 1 && alignof(ConnectionTable::Entry) > 1);

inline std::uint64_t mark_of(const Door& door) noexcept {
  return reinterpret_cast<std::uintptr_t>(&door) | 1;
}
inline std::uint64_t mark_of(const ConnectionTable::Entry& entry) noexcept {
  return reinterpret_cast<std::uintptr_t>(&entry);
}

/// Null when it is about something else.
inline Door* door_of(std::uint64_t mark) noexcept {
  return mark % 2 == 0 ? nullptr : reinterpret_cast<Door*>(mark - 1);
}
inline ConnectionTable::Handle connection_of(std::uint64_t mark) noexcept {
  return mark % 2 == 0 ? reinterpret_cast<ConnectionTable::Handle>(mark) : nullptr;
}

}  // namespace catena
