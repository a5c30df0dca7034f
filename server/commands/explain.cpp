#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "catena/pipeline/trace.hpp"
#include "catena/serve/rehearsal.hpp"
#include "plugins/builtin.hpp"
#include "server/commands/commands.hpp"
#include "server/commands/options.hpp"
#include "server/commands/request_options.hpp"

namespace catena::server {
namespace {

struct ExplainOptions {
  ConfigurationOptions configuration;
  std::vector<std::string> request;  // [METHOD] TARGET
  std::vector<std::string> fields;
  bool json = false;
};

double microseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

/// Why the request got no further than the parser, from what it was answered: "400 Bad Request: the
/// reason". Empty where the answer does not say, as to HEAD.
std::string refusal_in(const RehearsedResponse& response) {
  const std::string lead = std::to_string(response.status) + " " + response.reason + ": ";
  if (!response.body.starts_with(lead)) return {};
  return response.body.substr(lead.size(), response.body.find('\n') - lead.size());
}

/// What is behind the head, and why it is not all of it.
std::string content_of(const RehearsedResponse& response) {
  std::string text = std::to_string(response.body.size()) + " bytes of content";
  if (response.was_cut()) text += ", then it is cut off, because the body failed";
  if (response.too_long) text += ", and more, which a dry run does not look at";
  return text;
}

void print_text(const RehearsedRequest& request, const Trace& trace,
                const RehearsedResponse& response) {
  std::cout << request.method << ' ' << request.target << '\n';
  std::size_t widest = 0;
  for (const Trace::Step& step : trace.steps()) {
    widest = std::max(widest, 2 * step.depth + step.handler.size());
  }
  for (const Trace::Step& step : trace.steps()) {
    const std::string indent(2 + 2 * step.depth, ' ');
    const std::size_t width = widest - 2 * step.depth;
    std::cout << fmt::format("{}{:<{}}  {:<28} {:>8.1f} µs\n", indent, step.handler, width,
                             step.verdict(), microseconds(step.own_time));
    const auto list = [&indent](const std::vector<std::string>& lines, std::string_view mark) {
      for (const std::string& line : lines) std::cout << indent << mark << line << '\n';
    };
    list(step.notes, "    because: ");
    list(step.before, "    ");
    list(step.after, "    after: ");
  }
  if (trace.steps().empty()) {
    const std::string reason = refusal_in(response);
    std::cout << "  the chain never saw it: the parser refused it" << (reason.empty() ? "" : ": ")
              << reason << '\n';
  }
  if (response.status == 0) {
    std::cout << "no answer: the connection is closed, because the body failed at once\n";
    return;
  }
  std::cout << response.status << ' ' << response.reason << '\n';
  for (const auto& [name, value] : response.headers) {
    std::cout << "  " << name << ": " << value << '\n';
  }
  std::cout << "  (" << content_of(response) << ")\n";
}

void print_json(const RehearsedRequest& request, const Trace& trace,
                const RehearsedResponse& response) {
  using nlohmann::ordered_json;
  ordered_json steps = ordered_json::array();
  for (const Trace::Step& step : trace.steps()) {
    steps.push_back({{"handler", step.handler},
                     {"depth", step.depth},
                     {"verdict", step.verdict()},
                     {"because", step.notes},
                     {"before", step.before},
                     {"after", step.after},
                     {"microseconds", microseconds(step.own_time)}});
  }
  ordered_json fields = ordered_json::array();
  for (const auto& [name, value] : response.headers) {
    fields.push_back({{"name", name}, {"value", value}});
  }
  // Null unless the parser refused it.
  const ordered_json refused =
      trace.steps().empty() ? ordered_json(refusal_in(response)) : ordered_json();
  const ordered_json document{{"request", {{"method", request.method}, {"target", request.target}}},
                              {"refused", refused},
                              {"steps", steps},
                              {"response",
                               {{"status", response.status},
                                {"reason", response.reason},
                                {"fields", fields},
                                {"content_bytes", response.body.size()},
                                {"complete", response.complete},
                                {"cut", response.was_cut()}}}};
  // What is no UTF-8 (a file's name, a field's value) is shown with the replacement character.
  std::cout << document.dump(2, ' ', false, ordered_json::error_handler_t::replace) << '\n';
}

int explain(const ExplainOptions& options) {
  const auto request_text = options.request.size() == 1
                                ? options.request[0]
                                : options.request[0] + " " + options.request[1];
  auto request = parse_rehearsed(request_text);
  if (!request) {
    std::cerr << "catena: \"" << request_text
              << "\": expected a method and a target, as in GET /docs/\n";
    return exit_wrong_usage;
  }
  if (!add_fields(options.fields, *request)) return exit_wrong_usage;
  Registry registry;
  plugins::add_builtin(registry);
  const std::optional<Configuration> configuration = options.configuration.load(registry);
  if (!configuration) return exit_wrong_usage;
  Trace trace;
  const RehearsedResponse response = rehearse(*configuration, *request, &trace);
  (options.json ? print_json : print_text)(*request, trace, response);
  return exit_done;
}

}  // namespace

void add_explain(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "explain", "Walks a request through the chain, without a socket, and shows each handler");
  const auto options = std::make_shared<ExplainOptions>();
  options->configuration.add_to(*command);
  command->add_option("REQUEST", options->request, "A target, or a method and a target")
      ->required()
      ->expected(1, 2)
      ->type_name("[METHOD] TARGET");
  add_field_option(*command, options->fields);
  command->add_flag("--json", options->json, "Prints it as JSON, for programs");
  command->callback([options, &exit_code] { exit_code = explain(*options); });
}

}  // namespace catena::server
