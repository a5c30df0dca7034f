#include "catena/config/units.hpp"

#include <charconv>
#include <limits>
#include <span>
#include <system_error>

#include "catena/config/number_pattern.hpp"

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

std::string pattern_of(std::int64_t lowest, std::int64_t highest, std::span<const Unit> units) {
  std::string out;
  for (const Unit& unit : units) {
    const std::int64_t fewest = lowest / unit.factor + (lowest % unit.factor != 0 ? 1 : 0);
    const std::int64_t most = highest / unit.factor;
    if (fewest > most) continue;
    if (!out.empty()) out += '|';
    out.append(number_pattern(fewest, most)).append(unit.name);
  }
  return out.empty() ? "(?!)" : "^(?:" + out + ")$";
}

}  // namespace

std::optional<std::int64_t> parse_duration(std::string_view text) { return parse(text, durations); }

std::string duration_text(std::int64_t milliseconds) {
  return milliseconds == 0 ? "0s" : text_of(milliseconds, durations);
}

std::optional<std::int64_t> parse_size(std::string_view text) { return parse(text, sizes); }

std::string size_text(std::int64_t bytes) { return text_of(bytes, sizes); }

std::string duration_pattern(std::int64_t lowest, std::int64_t highest) {
  return pattern_of(lowest, highest, durations);
}

std::string size_pattern(std::int64_t lowest, std::int64_t highest) {
  return pattern_of(lowest, highest, sizes);
}

}  // namespace catena::config
