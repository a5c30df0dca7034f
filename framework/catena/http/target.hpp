#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "catena/export.hpp"

namespace catena {

/// The four forms of RFC 9112 section 3.2.
enum class TargetForm : std::uint8_t { origin, absolute, authority, asterisk };

/// A request target, taken apart. Views are into what was read, but for `path`, which may be into
/// the storage given to parse_target.
struct Target {
  TargetForm form = TargetForm::origin;
  std::string_view raw;        ///< as received
  std::string_view authority;  ///< of absolute-form and authority-form, else empty
  std::string_view raw_path;   ///< not decoded
  std::string_view query;      ///< without the '?'; never decoded
  bool has_query = false;

  /// The path for everything that serves: percent-decoded once, then empty and "." segments dropped
  /// and ".." resolved. It always begins with '/'; it ends with '/' when the target's last segment
  /// was empty, "." or "..". Where ".." leaves the root, those that leave stay in front: "/../x".
  /// An encoded slash separates segments like a plain one; a backslash is an ordinary character.
  /// Empty for authority-form and asterisk-form.
  std::string_view path;
  bool leaves_root = false;  ///< whether at any point ".." went above the root
};

/// Takes the target of a request apart. False when it is malformed, has no form that fits the
/// method (CONNECT takes authority-form and nothing else does, "*" is for OPTIONS only), or decodes
/// to a NUL; the answer to that is 400. The storage must outlive the target's use; it keeps its
/// memory.
CATENA_API bool parse_target(std::string_view raw, std::string_view method, Target& target,
                             std::string& storage);

/// Whether the text is a host that may stand in Host: a registered name, an IPv4 address or an IPv6
/// address in brackets, then an optional port of 0 to 65535 (RFC 9110 section 7.2, RFC 3986 section
/// 3.2.2). An empty host is refused, as RFC 9110 section 4.2.1 does for http.
CATENA_API bool is_host(std::string_view text) noexcept;

/// Appends the path with everything percent-encoded but unreserved characters, '/' and the other
/// characters that a path may hold plainly; for Location and links.
CATENA_API void append_encoded_path(std::string& out, std::string_view path);

}  // namespace catena
