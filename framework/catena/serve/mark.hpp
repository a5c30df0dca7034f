#pragma once

#include <cstdint>

#include "catena/serve/connection_table.hpp"
#include "catena/serve/door.hpp"

namespace catena {

/// What an event of epoll is about: a connection, by its address, or a door, by the byte behind its
/// address, so that it is odd. It is null for the signal that there is something to look at.
static_assert(alignof(Door) > 1 && alignof(ConnectionTable::Entry) > 1);

inline void* mark_of(Door& door) noexcept { return reinterpret_cast<char*>(&door) + 1; }
inline void* mark_of(ConnectionTable::Entry& entry) noexcept { return &entry; }

inline bool marks_door(const void* mark) noexcept {
  return reinterpret_cast<std::uintptr_t>(mark) % 2 != 0;
}
/// Null when it is about something else.
inline Door* door_of(void* mark) noexcept {
  return marks_door(mark) ? reinterpret_cast<Door*>(static_cast<char*>(mark) - 1) : nullptr;
}
inline ConnectionTable::Handle connection_of(void* mark) noexcept {
  return marks_door(mark) ? nullptr : static_cast<ConnectionTable::Handle>(mark);
}

}  // namespace catena
