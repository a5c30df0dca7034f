#include "catena/http/conditional.hpp"

#include "catena/http/date.hpp"
#include "catena/http/text.hpp"

namespace catena {
namespace {

constexpr NameSet conditions{"If-Match", "If-None-Match", "If-Modified-Since",
                             "If-Unmodified-Since"};

using Comparison = bool (*)(const EntityTag&, const EntityTag&);

/// Whether any line of that name names the tag; nothing when there is no such line.
std::optional<bool> names_tag(const RequestHeaders& headers, std::string_view name,
                              const std::optional<EntityTag>& tag, Comparison equal) {
  std::optional<bool> found;
  for (const Field& field : headers) {
    if (!equals_ignoring_case(field.name, name)) continue;
    const bool matches = any_equal(field.value, tag.value_or(EntityTag{}), equal);
    found = found.value_or(false) || matches;
  }
  return found;
}

/// The date of that field where it binds: one line, readable, and a date to compare it with.
std::optional<std::time_t> date_condition(const RequestHeaders& headers, std::string_view name,
                                          const Validators& current) {
  if (!current.last_modified || headers.count(name) != 1) return std::nullopt;
  const std::string_view text = *headers.find(name);
  if (!text.empty() && text == current.last_modified_text) return current.last_modified;
  return parse_http_date(text);
}

}  // namespace

Precondition evaluate_preconditions(std::string_view method, const RequestHeaders& headers,
                                    const Validators& current) noexcept {
  if (!headers.may_have_any(conditions)) return Precondition::holds;
  if (method == "OPTIONS" || method == "TRACE" || method == "CONNECT") return Precondition::holds;

  if (const auto matches = names_tag(headers, "If-Match", current.tag, strongly_equal)) {
    if (!*matches) return Precondition::failed;
  } else if (const auto date = date_condition(headers, "If-Unmodified-Since", current)) {
    if (*current.last_modified > *date) return Precondition::failed;
  }

  const bool reads = method == "GET" || method == "HEAD";
  if (const auto matches = names_tag(headers, "If-None-Match", current.tag, weakly_equal)) {
    if (*matches) return reads ? Precondition::not_modified : Precondition::failed;
  } else if (reads) {
    const auto date = date_condition(headers, "If-Modified-Since", current);
    if (date && *current.last_modified <= *date) return Precondition::not_modified;
  }
  return Precondition::holds;
}

}  // namespace catena
