// Tells whoever knows the token how its request went through the chain: in a field of the response,
// on the server that truly serves. It stands outermost, because it sees only what is behind it.
// What it tells is for the one who asked, so the response is not to be stored by caches.

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "catena/pipeline/trace.hpp"
#include "catena/plugin/plugin.hpp"

namespace catena::plugins {
namespace {

constexpr std::string_view field_name = "X-Catena-Explain";
constexpr std::size_t shortest_token = 16;
constexpr std::size_t longest_walk = 2048;

struct Options {
  std::string token;
};

bool is_token_text(const std::string& text) {
  return text.size() >= shortest_token &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields
      .add("token", &Options::token,
           "What a request must carry in X-Catena-Explain to be told its walk. A secret.")
      .check(is_token_text, "at least 16 visible ASCII characters, without spaces", "^[!-~]{16,}$")
      .secret()
      .required();
  return fields;
}

/// Takes as long for a wrong token as for the right one, however much of it is right.
bool is_same(std::string_view given, std::string_view token) {
  unsigned difference = given.size() == token.size() ? 0 : 1;
  for (std::size_t at = 0; at < token.size(); ++at) {
    const char there = at < given.size() ? given[at] : '\0';
    difference |= static_cast<unsigned char>(there) ^ static_cast<unsigned char>(token[at]);
  }
  return difference == 0;
}

/// `access_log passed on 1.2us`, and why in parentheses; ">" for each chain that it stands in.
std::string told(const Trace::Step& step) {
  const auto tenths = step.own_time.count() / 100;  // of a microsecond
  std::string text(step.depth, '>');
  text.append(step.handler).append(" ").append(step.verdict()).append(" ");
  text.append(std::to_string(tenths / 10)).append(".").append(std::to_string(tenths % 10));
  text.append("us");
  for (const std::string& note : step.notes) text.append(" (").append(note).append(")");
  return text;
}

/// The walk on one line that may stand in a field, cut where it gets too long.
std::string told(const Trace& trace) {
  std::string walk;
  for (const Trace::Step& step : trace.steps()) {
    if (!walk.empty()) walk += "; ";
    walk += told(step);
    if (walk.size() > longest_walk) break;
  }
  std::replace_if(
      walk.begin(), walk.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  if (walk.size() > longest_walk) walk.replace(longest_walk - 3, std::string::npos, "...");
  return walk;
}

class ExplainHeader : public Handler {
 public:
  explicit ExplainHeader(Options options) : token_(std::move(options.token)) {}

  void handle(Exchange& exchange, Next& next) const override {
    const auto given = exchange.request.headers.find(field_name);
    if (!given || !is_same(*given, token_)) return next(exchange);
    Trace own;
    Trace* const others = exchange.trace;
    if (others == nullptr) {
      own.enter_chain();
      exchange.trace = &own;
    }
    next(exchange);
    exchange.trace = others;
    const std::string walk = told(others == nullptr ? own : *others);
    exchange.response.headers.set(field_name, walk.empty() ? "nothing stands behind" : walk);
    exchange.response.headers.set("Cache-Control", "no-store");
  }

 private:
  std::string token_;
};

}  // namespace

Plugin explain_header() {
  Plugin plugin = describe(
      "explain_header", "Tells how a request went through the chain, to who has a token.", fields(),
      [](Options options) { return std::make_unique<ExplainHeader>(std::move(options)); });
  plugin.before = {
      {"error_pages", "it tells only of what stands behind it, error pages among them"}};
  return plugin;
}

}  // namespace catena::plugins
