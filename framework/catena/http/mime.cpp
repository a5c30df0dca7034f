#include <algorithm>
#include <array>
#include <catena/http/mime.hpp>
#include <catena/http/text.hpp>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace catena {
namespace {

constexpr std::string_view kUnknown = "application/octet-stream";

struct Row {
  std::string_view extension;  // lower case
  std::string_view media_type;
};

constexpr Row kTable[] = {
#include <catena/http/mime_table.inc>
};

// The first characters as one number, which compares as they do.
constexpr std::uint64_t key_of(std::string_view extension) noexcept {
  std::uint64_t key = 0;
  for (std::size_t at = 0; at < sizeof key; ++at) {
    key = key << 8 | (at < extension.size() ? static_cast<unsigned char>(extension[at]) : 0U);
  }
  return key;
}

constexpr auto kKeys = [] {
  std::array<std::uint64_t, std::size(kTable)> keys{};
  std::transform(std::begin(kTable), std::end(kTable), keys.begin(),
                 [](const Row& row) { return key_of(row.extension); });
  return keys;
}();

// What the binary search stands on; without duplicates too.
static_assert(std::adjacent_find(std::begin(kTable), std::end(kTable),
                                 [](const Row& a, const Row& b) {
                                   return a.extension >= b.extension;
                                 }) == std::end(kTable));

constexpr std::size_t kLongestExtension =
    std::max_element(std::begin(kTable), std::end(kTable), [](const Row& a, const Row& b) {
      return a.extension.size() < b.extension.size();
    })->extension.size();

std::string_view extension_of(std::string_view file_name) noexcept {
  // npos + 1 is 0: without a slash, all of it is the name.
  file_name.remove_prefix(file_name.rfind('/') + 1);
  const std::size_t dot = file_name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  return file_name.substr(dot + 1);
}

// What may stand behind a backslash in a quoted-string: HTAB, SP, VCHAR, obs-text.
constexpr bool is_quotable(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return c == '\t' || (byte >= 0x20 && byte != 0x7f);
}

// Each take_… removes what it names from the front of `rest`, and says whether it was there.

bool take(std::string_view& rest, char c) noexcept {
  if (rest.empty() || rest.front() != c) return false;
  rest.remove_prefix(1);
  return true;
}

bool take_token(std::string_view& rest) noexcept {
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_token_char);
  const auto length = static_cast<std::size_t>(end - rest.begin());
  rest.remove_prefix(length);
  return length > 0;
}

bool take_quoted_string(std::string_view& rest) noexcept {
  if (!take(rest, '"')) return false;
  while (!rest.empty()) {
    if (take(rest, '"')) return true;
    take(rest, '\\');
    if (rest.empty() || !is_quotable(rest.front())) return false;
    rest.remove_prefix(1);
  }
  return false;
}

void skip_whitespace(std::string_view& rest) noexcept {
  while (take(rest, ' ') || take(rest, '\t')) {
  }
}

bool take_parameter(std::string_view& rest) noexcept {
  if (!take_token(rest) || !take(rest, '=')) return false;
  return take_quoted_string(rest) || take_token(rest);
}

}  // namespace

std::string_view media_type_of(std::string_view file_name) noexcept {
  const std::string_view extension = extension_of(file_name);
  if (extension.size() > kLongestExtension) return kUnknown;

  std::array<char, kLongestExtension> buffer;
  std::transform(extension.begin(), extension.end(), buffer.begin(), to_lower);
  const std::string_view wanted(buffer.data(), extension.size());

  const std::uint64_t key = key_of(wanted);
  const auto first = std::lower_bound(kKeys.begin(), kKeys.end(), key) - kKeys.begin();
  for (auto at = static_cast<std::size_t>(first); at < kKeys.size() && kKeys[at] == key; ++at) {
    if (kTable[at].extension == wanted) return kTable[at].media_type;
  }
  return kUnknown;
}

bool is_media_type(std::string_view text) noexcept {
  if (!take_token(text) || !take(text, '/') || !take_token(text)) return false;
  while (!text.empty()) {
    skip_whitespace(text);
    if (!take(text, ';')) return false;
    skip_whitespace(text);
    const bool no_parameter = text.empty() || text.front() == ';';
    if (!no_parameter && !take_parameter(text)) return false;
  }
  return true;
}

}  // namespace catena
