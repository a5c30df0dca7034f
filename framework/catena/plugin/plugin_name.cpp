#include "catena/plugin/plugin_name.hpp"

#include <algorithm>
#include <cstddef>

namespace catena {
namespace {

constexpr std::size_t longest_name = 64;

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool is_plugin_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= longest_name && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

}  // namespace catena
