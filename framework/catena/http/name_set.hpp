#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace catena {

/// Which field names may be in a list, in one word: a name that is not in the set is not in the
/// list, and of the others few seem to be. So most questions for a field need no look at the list.
/// Names are compared without case.
class NameSet {
 public:
  constexpr NameSet() noexcept = default;
  constexpr NameSet(std::initializer_list<std::string_view> names) noexcept {
    for (const std::string_view name : names) add(name);
  }

  constexpr void add(std::string_view name) noexcept { bits_ |= bit_of(name); }
  constexpr void add(NameSet others) noexcept { bits_ |= others.bits_; }
  constexpr void clear() noexcept { bits_ = 0; }

  constexpr bool may_have(std::string_view name) const noexcept {
    return (bits_ & bit_of(name)) != 0;
  }
  constexpr bool may_have_any(NameSet names) const noexcept { return (bits_ & names.bits_) != 0; }

 private:
  /// Which bit stands for the name. The case of a letter is one bit of it, so it makes no
  /// difference. With these factors the names that the server looks for have bits of their own.
  static constexpr std::uint64_t bit_of(std::string_view name) noexcept {
    if (name.empty()) return 1;
    const auto letter = [](char c) { return static_cast<unsigned char>(c) | 0x20U; };
    const auto size = static_cast<unsigned>(name.size());
    return std::uint64_t{1} << ((size * 2 + letter(name.front()) * 27 + letter(name.back()) * 9) %
                                64);
  }

  std::uint64_t bits_ = 0;
};

}  // namespace catena
