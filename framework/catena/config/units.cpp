#include "catena/config/units.hpp"

#include <charconv>
#include <limits>
#include <span>
#include <system_error>

namespace catena::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

// Largest first.
constexpr Unit durations[] = {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};
constexpr Unit sizes[] = {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}};

std::optional<std::int64_t> parse(std::string_view text, std::span<const Unit> units) {
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || count < 0 || text.front() == '-') return std::nullopt;
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : units) {
    if (name != unit.name) continue;
    if (count > std::numeric_limits<std::int64_t>::max() / unit.factor) return std::nullopt;
    return count * unit.factor;
  }
  return std::nullopt;
}

std::string text_of(std::int64_t count, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (count != 0 && count % unit.factor == 0) {
      return std::to_string(count / unit.factor).append(unit.name);
    }
  }
  return std::to_string(count);
}

}  // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) { return parse(text, durations); }

std::string duration_text(std::int64_t milliseconds) {
  return milliseconds == 0 ? "0s" : text_of(milliseconds, durations);
}

std::optional<std::int64_t> parse_size(std::string_view text) { return parse(text, sizes); }

std::string size_text(std::int64_t bytes) { return text_of(bytes, sizes); }

}  // namespace catena::config
