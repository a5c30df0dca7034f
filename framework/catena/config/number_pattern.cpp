#include "catena/config/number_pattern.hpp"

#include <algorithm>
#include <string_view>

namespace catena::config {
namespace {

std::string digits(char lowest, char highest, std::size_t count = 1) {
  if (count == 0 || lowest > highest) return {};
  std::string out = lowest == highest
                        ? std::string(1, lowest)
                        : std::string("[").append(1, lowest).append("-").append(1, highest) + "]";
  if (count > 1) out.append("{").append(std::to_string(count)).append("}");
  return out;
}

bool all(std::string_view text, char c) {
  return text.find_first_not_of(c) == std::string_view::npos;
}

/// From one number to another of as many digits.
std::string same_length(const std::string& lowest, const std::string& highest) {
  if (lowest.empty()) return {};
  const std::size_t rest = lowest.size() - 1;
  if (all(lowest, '0') && all(highest, '9')) return digits('0', '9', lowest.size());
  if (lowest.front() == highest.front()) {
    return lowest.front() + same_length(lowest.substr(1), highest.substr(1));
  }
  std::string out;
  int alternatives = 0;
  const auto add = [&](const std::string& alternative) {
    if (alternatives++ > 0) out += '|';
    out += alternative;
  };
  char first = lowest.front();
  char last = highest.front();
  if (!all(std::string_view(lowest).substr(1), '0')) {
    add(first++ + same_length(lowest.substr(1), std::string(rest, '9')));
  }
  const bool whole = all(std::string_view(highest).substr(1), '9');
  if (!whole) --last;
  if (first <= last) add(digits(first, last) + digits('0', '9', rest));
  if (!whole) add(highest.front() + same_length(std::string(rest, '0'), highest.substr(1)));
  return alternatives > 1 ? "(?:" + out + ")" : out;
}

}  // namespace

std::string number_pattern(std::int64_t lowest, std::int64_t highest) {
  if (lowest > highest) return "(?!)";
  const std::string from = std::to_string(lowest);
  const std::string to = std::to_string(highest);
  std::string out;
  for (std::size_t size = from.size(); size <= to.size(); ++size) {
    std::string least(size, '0');
    if (size > 1) least.front() = '1';
    if (!out.empty()) out += '|';
    out += same_length(size == from.size() ? from : least,
                       size == to.size() ? to : std::string(size, '9'));
  }
  return "0*" + (from.size() == to.size() ? out : "(?:" + out + ")");
}

}  // namespace catena::config
