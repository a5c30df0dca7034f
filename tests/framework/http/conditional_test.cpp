#include <array>
#include <catena/http/conditional.hpp>
#include <catena/http/date.hpp>
#include <ctime>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "support/catch.hpp"

namespace {

using namespace catena;

constexpr std::time_t kModified = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT
constexpr std::string_view kSame = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view kEarlier = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr std::string_view kLater = "Sun, 06 Nov 1994 08:49:38 GMT";

Validators current() { return {EntityTag{"\"now\"", false}, kModified}; }

Precondition evaluate(std::string_view method, std::initializer_list<Field> fields,
                      const Validators& validators = current()) {
  RequestHeaders headers;
  for (const Field& field : fields) headers.append(field);
  return evaluate_preconditions(method, headers, validators);
}

enum class Condition { absent, is_true, is_false, ignored };

struct Conditions {
  Condition match, unmodified, none_match, modified;
};

// RFC 9110 section 13.2.2, step by step.
Precondition by_the_rfc(bool reads, const Conditions& c) {
  using enum Condition;
  if (c.match != absent) {  // 1
    if (c.match == is_false) return Precondition::failed;
  } else if (c.unmodified != absent) {  // 2
    if (c.unmodified == is_false) return Precondition::failed;
  }
  if (c.none_match != absent) {  // 3
    if (c.none_match == is_false) return reads ? Precondition::not_modified : Precondition::failed;
  } else if (reads && c.modified == is_false) {  // 4
    return Precondition::not_modified;
  }
  return Precondition::holds;  // 6; 5 is about ranges
}

void append(RequestHeaders& headers, std::string_view name, Condition condition,
            std::string_view when_true, std::string_view when_false) {
  switch (condition) {
    case Condition::absent: return;
    case Condition::is_true: return headers.append({name, when_true});
    case Condition::is_false: return headers.append({name, when_false});
    case Condition::ignored: return headers.append({name, "yesterday"});
  }
}

}  // namespace

TEST_CASE("preconditions are evaluated in the order of RFC 9110 section 13.2.2",
          "[http][conditional]") {
  using enum Condition;
  constexpr std::array kTags{absent, is_true, is_false};
  constexpr std::array kDates{absent, is_true, is_false, ignored};
  for (const std::string_view method : {"GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "get"}) {
    for (const auto match : kTags) {
      for (const auto unmodified : kDates) {
        for (const auto none_match : kTags) {
          for (const auto modified : kDates) {
            RequestHeaders headers;
            append(headers, "If-Modified-Since", modified, kEarlier, kSame);
            append(headers, "If-None-Match", none_match, "\"old\"", "\"now\"");
            append(headers, "If-Unmodified-Since", unmodified, kSame, kEarlier);
            append(headers, "If-Match", match, "\"now\"", "\"old\"");
            std::string fields;
            for (const Field& field : headers) {
              fields.append(field.name).append(": ").append(field.value).append("\n");
            }
            CAPTURE(std::string(method), fields);
            CHECK(evaluate_preconditions(method, headers, current()) ==
                  by_the_rfc(method == "GET" || method == "HEAD",
                             {match, unmodified, none_match, modified}));
          }
        }
      }
    }
  }
}

TEST_CASE("methods that select no representation have no preconditions (13.2.1)",
          "[http][conditional]") {
  for (const std::string_view method : {"CONNECT", "OPTIONS", "TRACE"}) {
    CAPTURE(std::string(method));
    CHECK(evaluate(method, {{"If-Match", "\"old\""}}) == Precondition::holds);
    CHECK(evaluate(method, {{"If-None-Match", "*"}}) == Precondition::holds);
    CHECK(evaluate(method, {{"If-Unmodified-Since", kEarlier}}) == Precondition::holds);
  }
}

TEST_CASE("If-Match (13.1.1)", "[http][conditional]") {
  struct Case {
    std::string_view value;
    Precondition expected;
  };
  for (const Case& c : {
           Case{"\"now\"", Precondition::holds},
           Case{"\"old\", \"now\"", Precondition::holds},
           Case{"*", Precondition::holds},
           Case{"W/\"now\"", Precondition::failed},  // it compares strongly
           Case{"\"old\"", Precondition::failed},
           Case{"now", Precondition::failed},
           Case{"", Precondition::failed},
       }) {
    for (const std::string_view method : {"GET", "PUT"}) {
      CAPTURE(std::string(method), std::string(c.value));
      CHECK(evaluate(method, {{"If-Match", c.value}}) == c.expected);
      CHECK(evaluate(method, {{"IF-MATCH", c.value}}) == c.expected);
    }
  }
  const Validators weak{EntityTag{"\"now\"", true}, kModified};
  CHECK(evaluate("PUT", {{"If-Match", "\"now\""}}, weak) == Precondition::failed);
  CHECK(evaluate("PUT", {{"If-Match", "W/\"now\""}}, weak) == Precondition::failed);
  CHECK(evaluate("PUT", {{"If-Match", "*"}}, weak) == Precondition::holds);
}

TEST_CASE("If-None-Match (13.1.2)", "[http][conditional]") {
  struct Case {
    std::string_view value;
    bool matches;
  };
  const Validators weak{EntityTag{"\"now\"", true}, kModified};
  for (const Case& c : {
           Case{"\"now\"", true},
           Case{"W/\"now\"", true},  // it compares weakly
           Case{"\"old\", W/\"now\" , \"x\"", true},
           Case{"*", true},
           Case{"\"a\\\", \"now\"", true},
           Case{"\"old\"", false},
           Case{"now", false},
           Case{"", false},
           Case{"\"old,now\"", false},
       }) {
    CAPTURE(std::string(c.value));
    for (const Validators& validators : {current(), weak}) {
      CHECK(evaluate("GET", {{"If-None-Match", c.value}}, validators) ==
            (c.matches ? Precondition::not_modified : Precondition::holds));
      CHECK(evaluate("PUT", {{"If-None-Match", c.value}}, validators) ==
            (c.matches ? Precondition::failed : Precondition::holds));
    }
  }
}

TEST_CASE("lines of the same name are one list", "[http][conditional]") {
  CHECK(evaluate("GET", {{"If-None-Match", "\"old\""}, {"If-None-Match", "\"now\""}}) ==
        Precondition::not_modified);
  CHECK(evaluate("GET", {{"If-None-Match", "\"now\""}, {"if-none-match", "\"old\""}}) ==
        Precondition::not_modified);
  CHECK(evaluate("PUT", {{"If-Match", "\"old\""}, {"If-Match", "\"now\""}}) == Precondition::holds);
}

TEST_CASE("without a tag, only * matches", "[http][conditional]") {
  const Validators tagless{std::nullopt, kModified};
  CHECK(evaluate("GET", {{"If-None-Match", "\"now\""}}, tagless) == Precondition::holds);
  CHECK(evaluate("GET", {{"If-None-Match", "\"\""}}, tagless) == Precondition::holds);
  CHECK(evaluate("GET", {{"If-None-Match", "*"}}, tagless) == Precondition::not_modified);
  CHECK(evaluate("PUT", {{"If-Match", "\"now\""}}, tagless) == Precondition::failed);
  CHECK(evaluate("PUT", {{"If-Match", "*"}}, tagless) == Precondition::holds);
}

TEST_CASE("If-Modified-Since (13.1.3)", "[http][conditional]") {
  CHECK(evaluate("GET", {{"If-Modified-Since", kEarlier}}) == Precondition::holds);
  CHECK(evaluate("GET", {{"If-Modified-Since", kSame}}) == Precondition::not_modified);
  CHECK(evaluate("GET", {{"If-Modified-Since", kLater}}) == Precondition::not_modified);
  CHECK(evaluate("GET", {{"If-Modified-Since", "Sunday, 06-Nov-94 08:49:37 GMT"}}) ==
        Precondition::not_modified);
  CHECK(evaluate("GET", {{"If-Modified-Since", "Sun Nov  6 08:49:37 1994"}}) ==
        Precondition::not_modified);
  CHECK(evaluate("POST", {{"If-Modified-Since", kSame}}) == Precondition::holds);
  CHECK(evaluate("GET", {{"If-Modified-Since", ""}}) == Precondition::holds);
  CHECK(evaluate("GET", {{"If-Modified-Since", "0"}}) == Precondition::holds);
}

TEST_CASE("If-Unmodified-Since (13.1.4)", "[http][conditional]") {
  for (const std::string_view method : {"GET", "PUT"}) {
    CHECK(evaluate(method, {{"If-Unmodified-Since", kEarlier}}) == Precondition::failed);
    CHECK(evaluate(method, {{"If-Unmodified-Since", kSame}}) == Precondition::holds);
    CHECK(evaluate(method, {{"If-Unmodified-Since", kLater}}) == Precondition::holds);
    CHECK(evaluate(method, {{"If-Unmodified-Since", "-1"}}) == Precondition::holds);
  }
}

TEST_CASE("a date that comes back as it was sent is the same", "[http][conditional]") {
  const Validators known{EntityTag{"\"now\"", false}, kModified, kSame};
  CHECK(evaluate("GET", {{"If-Modified-Since", kSame}}, known) == Precondition::not_modified);
  CHECK(evaluate("PUT", {{"If-Unmodified-Since", kSame}}, known) == Precondition::holds);
  CHECK(evaluate("GET", {{"If-Modified-Since", kEarlier}}, known) == Precondition::holds);
  CHECK(evaluate("GET", {{"If-Modified-Since", kLater}}, known) == Precondition::not_modified);
  CHECK(evaluate("GET", {{"If-Modified-Since", "Sun Nov  6 08:49:37 1994"}}, known) ==
        Precondition::not_modified);
  CHECK(evaluate("GET", {{"If-Modified-Since", ""}}, known) == Precondition::holds);
  CHECK(evaluate("GET", {{"If-Modified-Since", kSame}, {"If-Modified-Since", kSame}}, known) ==
        Precondition::holds);
}

TEST_CASE("conditions on dates are ignored without one date on each side", "[http][conditional]") {
  const Validators dateless{EntityTag{"\"now\"", false}, std::nullopt};
  CHECK(evaluate("GET", {{"If-Modified-Since", kLater}}, dateless) == Precondition::holds);
  CHECK(evaluate("PUT", {{"If-Unmodified-Since", kEarlier}}, dateless) == Precondition::holds);

  CHECK(evaluate("GET", {{"If-Modified-Since", kSame}, {"If-Modified-Since", kSame}}) ==
        Precondition::holds);
  CHECK(evaluate("PUT", {{"If-Unmodified-Since", kEarlier}, {"If-Unmodified-Since", kEarlier}}) ==
        Precondition::holds);
}

TEST_CASE("no conditions hold", "[http][conditional]") {
  CHECK(evaluate("GET", {}) == Precondition::holds);
  CHECK(evaluate("GET", {}, {}) == Precondition::holds);
  CHECK(evaluate("GET", {{"Range", "bytes=0-1"}, {"If-Range", "\"old\""}}) == Precondition::holds);
}
