#pragma once

#include <array>
#include <cstddef>
#include <memory_resource>
#include <typeindex>
#include <typeinfo>
#include <utility>
#include <vector>

#include "catena/export.hpp"

namespace catena {

class Handler;

/// What handlers leave for one another, or for their own `finished`, during one exchange. A value
/// is named by its type, and by its owner where it is nobody else's: at most one for each of both.
///
///     struct User { std::string name; };                     // in a header that both include
///     exchange.values.set(User{"ada"});                      // one handler
///     if (const User* user = exchange.values.find<User>())   // another
///     exchange.values.set(Began{now()}, this);               // nobody else sees it
///
/// The values live until the exchange is over, `finished` included. A type that is shared between
/// modules needs default visibility. It belongs to the exchange's thread. A few small values cost
/// no allocation.
class CATENA_API ExchangeValues {
 public:
  ExchangeValues() = default;
  ExchangeValues(const ExchangeValues&) = delete;
  ExchangeValues& operator=(const ExchangeValues&) = delete;
  ~ExchangeValues() { clear(); }

  /// Keeps the value, in the place of one of its type that was there.
  template <typename T>
  T& set(T value, const Handler* owner = nullptr) {
    if (T* there = find<T>(owner)) return *there = std::move(value);
    T* kept = new (memory_.allocate(sizeof(T), alignof(T))) T(std::move(value));
    try {
      entries_.push_back({typeid(T), owner, kept, [](void* of) { static_cast<T*>(of)->~T(); }});
    } catch (...) {
      kept->~T();
      throw;
    }
    return *kept;
  }

  /// Null when nobody set one.
  template <typename T>
  T* find(const Handler* owner = nullptr) const noexcept {
    return static_cast<T*>(find(typeid(T), owner));
  }

  /// Destroys all of them, the last one first.
  void clear() noexcept;

 private:
  struct Entry {
    std::type_index type;
    const Handler* owner;
    void* value;
    void (*destroy)(void*);
  };
  void* find(std::type_index type, const Handler* owner) const noexcept;

  std::array<std::byte, 256> nearby_;
  std::pmr::monotonic_buffer_resource memory_{nearby_.data(), nearby_.size()};
  std::vector<Entry> entries_;
};

}  // namespace catena
