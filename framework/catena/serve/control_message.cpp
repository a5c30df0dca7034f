#include "catena/serve/control_message.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace catena::control {
namespace {

using nlohmann::json;
using Kind = Verdict::Kind;

constexpr std::array<std::pair<Kind, std::string_view>, 3> kinds{
    {{Kind::done, "done"}, {Kind::wrong, "wrong"}, {Kind::failed, "failed"}}};

std::string to_text(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

json parsed(std::string_view line) { return json::parse(line, nullptr, false); }

std::string text_in(const json& document, const char* key) {
  const auto found = document.find(key);
  return found != document.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::string> texts_in(const json& document, const char* key) {
  std::vector<std::string> texts;
  const auto found = document.find(key);
  if (found == document.end() || !found->is_array()) return texts;
  for (const json& item : *found) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

}  // namespace

std::string command_of(std::string_view line) {
  const json document = parsed(line);
  return document.is_object() ? text_in(document, "command") : std::string();
}

std::string to_line(const Status& status) {
  return to_text({{"process", status.process},
                  {"configuration", status.configuration},
                  {"listening", status.urls}});
}

std::string to_line(const Verdict& verdict) {
  std::string_view word;
  for (const auto& [kind, name] : kinds) {
    if (kind == verdict.kind) word = name;
  }
  json lines = json::array();
  std::size_t size = 0;
  for (const std::string& line : verdict.lines) {
    size += 6 * line.size() + 4;  // at the most, when all of it is escaped
    if (size > longest_answer - 200) {
      lines.push_back("and " + std::to_string(verdict.lines.size() - lines.size()) + " more");
      break;
    }
    lines.push_back(line);
  }
  return to_text({{"verdict", word}, {"lines", lines}});
}

std::string refusal_line(std::string_view reason) { return to_text({{"error", reason}}); }

std::string meanwhile_line(std::string_view text) { return to_text({{"meanwhile", text}}); }

std::optional<Status> read_status(std::string_view line) {
  const json document = parsed(line);
  if (!document.is_object()) return std::nullopt;
  const auto process = document.find("process");
  if (process == document.end() || !process->is_number_integer()) return std::nullopt;
  return Status{process->get<long>(), text_in(document, "configuration"),
                texts_in(document, "listening")};
}

std::optional<Verdict> read_verdict(std::string_view line) {
  const json document = parsed(line);
  if (!document.is_object()) return std::nullopt;
  const std::string word = text_in(document, "verdict");
  for (const auto& [kind, name] : kinds) {
    if (name == word) return Verdict{kind, texts_in(document, "lines")};
  }
  return std::nullopt;
}

std::optional<std::string> read_meanwhile(std::string_view line) {
  const json document = parsed(line);
  if (!document.is_object() || !document.contains("meanwhile")) return std::nullopt;
  return text_in(document, "meanwhile");
}

}  // namespace catena::control
