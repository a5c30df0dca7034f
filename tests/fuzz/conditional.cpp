// Preconditions: the result is that of RFC 9110 section 13.2.2, step by step as it is written
// there. Each line is a field; those without a known name are other fields.

#include "catena/http/conditional.hpp"
#include "catena/http/date.hpp"
#include "fuzz/fuzz.hpp"

namespace catena::fuzz {
namespace {

const Validators current{EntityTag{"\"tag\"", false}, 1'000'000'000,
                         "Sun, 09 Sep 2001 01:46:40 GMT"};

/// The values of all lines of that name.
std::vector<std::string_view> values(const RequestHeaders& headers, std::string_view name) {
  std::vector<std::string_view> found;
  for (const Field& field : headers) {
    if (field.name == name) found.push_back(field.value);
  }
  return found;
}

bool any_line_equals(const std::vector<std::string_view>& lines,
                     bool (*equal)(const EntityTag&, const EntityTag&)) {
  for (const std::string_view line : lines) {
    if (any_equal(line, *current.tag, equal)) return true;
  }
  return false;
}

Precondition by_the_book(std::string_view method, const RequestHeaders& headers) {
  const auto match = values(headers, "If-Match");
  const auto none_match = values(headers, "If-None-Match");
  const auto modified = values(headers, "If-Modified-Since");
  const auto unmodified = values(headers, "If-Unmodified-Since");
  const bool reads = method == "GET" || method == "HEAD";
  if (method == "OPTIONS" || method == "TRACE" || method == "CONNECT") return Precondition::holds;
  // Step 1.
  if (!match.empty() && !any_line_equals(match, strongly_equal)) return Precondition::failed;
  // Step 2.
  if (match.empty() && unmodified.size() == 1) {
    const auto date = parse_http_date(unmodified.front());
    if (date && *date < *current.last_modified) return Precondition::failed;
  }
  // Step 3.
  if (!none_match.empty() && any_line_equals(none_match, weakly_equal)) {
    return reads ? Precondition::not_modified : Precondition::failed;
  }
  // Step 4.
  if (none_match.empty() && reads && modified.size() == 1) {
    const auto date = parse_http_date(modified.front());
    if (date && *date >= *current.last_modified) return Precondition::not_modified;
  }
  return Precondition::holds;
}

}  // namespace

void fuzz(std::string_view input) {
  const std::string_view method = take_line(input);
  RequestHeaders headers;
  while (!input.empty()) {
    const std::string_view line = take_line(input);
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    headers.append({line.substr(0, colon), line.substr(colon + 2)});
  }
  for (const std::string_view name :
       {"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"}) {
    if (headers.count(name) != values(headers, name).size()) return;  // in another case
  }
  require(evaluate_preconditions(method, headers, current) == by_the_book(method, headers),
          "preconditions are evaluated in the order of RFC 9110 section 13.2.2");
}

}  // namespace catena::fuzz
