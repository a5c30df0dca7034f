#include "catena/config/spelling.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "catena/http/text.hpp"

namespace catena::config {
namespace {

char folded(char c) { return c == '-' ? '_' : to_lower(c); }

/// Damerau-Levenshtein distance without edits inside a swap (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = folded(a[i - 1]) == folded(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
          folded(a[i - 2]) == folded(b[j - 1])) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string> known) {
  std::optional<std::string_view> best;
  std::size_t best_distance = 0;
  for (const std::string& candidate : known) {
    const auto [shorter, longer] = std::minmax({word.size(), candidate.size()});
    const std::size_t bound = std::max<std::size_t>(1, longer / 3);
    // Long nonsense is put aside by its length, before the table is filled.
    if (shorter == 0 || longer - shorter > bound) continue;
    const std::size_t edits = distance(word, candidate);
    if (edits > bound || edits >= shorter) continue;
    if (!best || edits < best_distance) {
      best = candidate;
      best_distance = edits;
    }
  }
  return best;
}

}  // namespace catena::config
