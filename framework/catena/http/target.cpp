#include "catena/http/target.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "catena/http/text.hpp"

namespace catena {
namespace {

/// Unreserved characters and sub-delimiters (RFC 3986 sections 2.2 and 2.3).
constexpr std::array<bool, 256> name_chars = detail::table_of([](char c) {
  constexpr std::string_view others = "-._~!$&'()*+,;=";
  const char lower = to_lower(c);
  return is_digit(c) || (lower >= 'a' && lower <= 'z') || others.find(c) != std::string_view::npos;
});

/// RFC 3986 lets a comma stand in a host, but in Host it is the mark of two joined lines.
constexpr std::array<bool, 256> host_chars =
    detail::table_of([](char c) { return c != ',' && name_chars[static_cast<unsigned char>(c)]; });

/// What a target may hold: visible ASCII without '#'. RFC 3986 leaves out a few more, which
/// browsers send as they are and which mean nothing here.
constexpr bool is_target_char(char c) { return c > 0x20 && c < 0x7f && c != '#'; }

/// What stands for itself in a path, wherever it stands.
constexpr std::array<bool, 256> plain_chars =
    detail::table_of([](char c) { return is_target_char(c) && c != '%' && c != '/' && c != '?'; });

bool is_name_char(char c) { return name_chars[static_cast<unsigned char>(c)]; }

bool is_port(std::string_view text) {
  if (text.size() > 5) return false;
  int value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    value = value * 10 + (c - '0');
  }
  return value <= 65535;
}

bool is_ipv6_literal(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> name{};
  if (text.size() >= name.size() || text.find('\0') != std::string_view::npos) return false;
  std::copy(text.begin(), text.end(), name.begin());
  in6_addr address{};
  return inet_pton(AF_INET6, name.data(), &address) == 1;
}

/// Where a registered name ends: behind the last of its name characters and percent-encoded ones.
std::size_t end_of_registered_name(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (host_chars[static_cast<unsigned char>(text[at])]) {
      ++at;
    } else if (text[at] == '%' && at + 2 < text.size() && hex_value(text[at + 1]) >= 0 &&
               hex_value(text[at + 2]) >= 0) {
      at += 3;
    } else {
      break;
    }
  }
  return at;
}

/// True when the path is already what `Target::path` promises, so that no copy is needed.
bool is_plain(std::string_view path) {
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (plain_chars[static_cast<unsigned char>(path[at])]) continue;
    const bool is_slash = path[at] == '/';
    if (!is_slash || (at + 1 < path.size() && (path[at + 1] == '/' || path[at + 1] == '.'))) {
      return false;
    }
  }
  return true;
}

/// Appends the decoded path; false when an encoding is malformed or stands for NUL.
bool decode(std::string_view path, std::string& out) {
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (path[at] != '%') {
      out.push_back(path[at]);
      continue;
    }
    if (at + 2 >= path.size()) return false;
    const int high = hex_value(path[at + 1]);
    const int low = hex_value(path[at + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return false;
    out.push_back(static_cast<char>(high * 16 + low));
    at += 2;
  }
  return true;
}

/// Rewrites a decoded path in place into the form that `Target::path` promises.
void normalise(std::string& path, bool& leaves_root) {
  std::size_t out = 0;    // path[0, out) is done; it never ends with '/'
  std::size_t floor = 0;  // below this, only ".." that left the root
  bool ends_with_slash = true;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t begin = at + 1;  // path[at] is '/'
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment(path.data() + begin, end - begin);
    ends_with_slash = segment.empty() || segment == "." || segment == "..";
    if (segment == ".." && out > floor) {
      out = path.rfind('/', out - 1);
    } else if (segment == "..") {
      leaves_root = true;
      path.replace(out, 3, "/..");
      out += 3;
      floor = out;
    } else if (!ends_with_slash) {
      std::copy(path.begin() + static_cast<std::ptrdiff_t>(at),
                path.begin() + static_cast<std::ptrdiff_t>(end),
                path.begin() + static_cast<std::ptrdiff_t>(out));
      out += end - at;
    }
    at = end;
  }
  path.resize(out);
  if (ends_with_slash) path.push_back('/');
}

bool parse_path(std::string_view raw, Target& target, std::string& storage) {
  target.raw_path = raw;
  if (is_plain(raw)) {
    target.path = raw;
    return true;
  }
  storage.clear();
  if (!decode(raw, storage)) return false;
  normalise(storage, target.leaves_root);
  target.path = storage;
  return true;
}

bool parse_path_and_query(std::string_view raw, Target& target, std::string& storage) {
  const std::size_t mark = raw.find('?');
  target.has_query = mark != std::string_view::npos;
  if (target.has_query) target.query = raw.substr(mark + 1);
  const std::string_view path = raw.substr(0, mark);
  return parse_path(path.empty() ? std::string_view("/") : path, target, storage);
}

/// The length of "http://" or "https://" in front, or 0.
std::size_t scheme_length(std::string_view raw) {
  for (const std::string_view scheme :
       {std::string_view("http://"), std::string_view("https://")}) {
    if (equals_ignoring_case(raw.substr(0, scheme.size()), scheme)) return scheme.size();
  }
  return 0;
}

}  // namespace

bool parse_target(std::string_view raw, std::string_view method, Target& target,
                  std::string& storage) {
  target = Target{};
  target.raw = raw;
  if (raw.starts_with('/') && is_plain(raw) && method != "CONNECT") {
    target.raw_path = target.path = raw;
    return true;
  }
  if (raw.empty() || !std::all_of(raw.begin(), raw.end(), is_target_char)) return false;
  if (method == "CONNECT") {
    target.form = TargetForm::authority;
    target.authority = raw;
    const std::size_t colon = raw.rfind(':');
    return is_host(raw) && colon != std::string_view::npos && colon + 1 < raw.size() &&
           raw.back() != ']';
  }
  if (raw.front() == '/') return parse_path_and_query(raw, target, storage);
  if (raw == "*") {
    target.form = TargetForm::asterisk;
    return method == "OPTIONS";
  }
  const std::size_t scheme = scheme_length(raw);
  if (scheme == 0) return false;
  target.form = TargetForm::absolute;
  const std::string_view rest = raw.substr(scheme);
  const std::size_t path_at = std::min(rest.find_first_of("/?"), rest.size());
  target.authority = rest.substr(0, path_at);
  return is_host(target.authority) && parse_path_and_query(rest.substr(path_at), target, storage);
}

bool is_host(std::string_view text) noexcept {
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || !is_ipv6_literal(text.substr(1, close - 1)))
      return false;
    port = text.substr(close + 1);
  } else {
    const std::size_t name_end = end_of_registered_name(text);
    if (name_end == 0) return false;
    port = text.substr(name_end);
  }
  return port.empty() || (port.front() == ':' && is_port(port.substr(1)));
}

void append_encoded_path(std::string& out, std::string_view path) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_name_char(c) || c == '/' || c == ':' || c == '@') {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(hex[byte >> 4]);
      out.push_back(hex[byte & 15]);
    }
  }
}

}  // namespace catena
