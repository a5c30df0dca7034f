#include "catena/http/match.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "catena/http/target.hpp"
#include "catena/http/text.hpp"

namespace catena {
namespace {

std::string_view without_slash_at_end(std::string_view path) {
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  return path;
}

/// Takes the first segment off a path without a slash at its end; the path must not be empty.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

/// Whether "%41" or the like is in it.
bool looks_encoded(std::string_view text) {
  const auto is_hex = [](char c) {
    const char lower = to_lower(c);
    return (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'f');
  };
  for (std::size_t at = text.find('%'); at != text.npos; at = text.find('%', at + 1)) {
    if (at + 2 < text.size() && is_hex(text[at + 1]) && is_hex(text[at + 2])) return true;
  }
  return false;
}

bool matches_segment(std::string_view text, std::string_view pattern) {
  // The last '*' seen, and the text that it has taken so far: when what follows does not match, it
  // takes one more.
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  std::size_t at = 0;
  std::size_t next = 0;
  while (at < text.size()) {
    if (next < pattern.size() && pattern[next] == '*') {
      star = next++;
      taken = at;
    } else if (next < pattern.size() && pattern[next] == text[at]) {
      ++at;
      ++next;
    } else if (star != std::string_view::npos) {
      next = star + 1;
      at = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', next) == std::string_view::npos;
}

std::string_view without_port(std::string_view host) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos) return host;
  return bracket != std::string_view::npos && colon < bracket ? host : host.substr(0, colon);
}

std::string_view without_dot_at_end(std::string_view name) {
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  return name;
}

}  // namespace

bool is_beneath(std::string_view path, std::string_view prefix) noexcept {
  prefix = without_slash_at_end(prefix);
  if (path.substr(0, prefix.size()) != prefix) return false;
  path.remove_prefix(prefix.size());
  return path.empty() || path.front() == '/';
}

bool is_normal_path(std::string_view text) noexcept {
  if (text.empty() || text.front() != '/' || looks_encoded(text)) return false;
  if (text.back() == '/') text.remove_suffix(1);
  while (!text.empty()) {
    const std::string_view segment = take_segment(text);
    if (segment.empty() || segment == "." || segment == "..") return false;
  }
  return true;
}

bool is_method_name(std::string_view text) noexcept {
  constexpr std::array<std::string_view, 9> lower{"connect", "delete", "get", "head", "options",
                                                  "patch",   "post",   "put", "trace"};
  return is_token(text) && std::find(lower.begin(), lower.end(), text) == lower.end();
}

bool is_path_pattern(std::string_view pattern) noexcept {
  if (pattern.empty() || pattern.front() != '/') return false;
  for (pattern = without_slash_at_end(pattern); !pattern.empty();) {
    const std::string_view segment = take_segment(pattern);
    if (segment.find("**") != std::string_view::npos && segment != "**") return false;
  }
  return true;
}

bool matches_path(std::string_view path, std::string_view pattern) noexcept {
  path = without_slash_at_end(path);
  pattern = without_slash_at_end(pattern);
  // As in a segment, with "**" in the place of '*': what follows the last one seen, and the path
  // that it has left so far.
  bool open = false;
  std::string_view behind;
  std::string_view left;
  while (!path.empty()) {
    std::string_view rest = pattern;
    const std::string_view wanted = rest.empty() ? rest : take_segment(rest);
    if (wanted == "**") {
      open = true;
      behind = pattern = rest;
      left = path;
      continue;
    }
    std::string_view further = path;
    if (!pattern.empty() && matches_segment(take_segment(further), wanted)) {
      path = further;
      pattern = rest;
    } else if (open) {
      take_segment(left);
      path = left;
      pattern = behind;
    } else {
      return false;
    }
  }
  return pattern.empty() || pattern == "/**";
}

bool is_host_pattern(std::string_view pattern) noexcept {
  if (pattern.substr(0, 2) == "*.") pattern.remove_prefix(2);
  return is_host(pattern) && without_port(pattern) == pattern &&
         pattern.find('*') == std::string_view::npos;
}

bool matches_host(std::string_view host, std::string_view pattern) noexcept {
  host = without_dot_at_end(without_port(host));
  pattern = without_dot_at_end(pattern);
  if (pattern.substr(0, 2) != "*.") return equals_ignoring_case(host, pattern);
  pattern.remove_prefix(1);
  return host.size() > pattern.size() &&
         equals_ignoring_case(host.substr(host.size() - pattern.size()), pattern);
}

}  // namespace catena
