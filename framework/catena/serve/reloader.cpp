#include "catena/serve/reloader.hpp"

#include <algorithm>
#include <asio/post.hpp>
#include <exception>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "catena/plugin/module.hpp"
#include "catena/runtime/log.hpp"
#include "catena/runtime/own_thread.hpp"
#include "catena/serve/what_changed.hpp"

namespace catena {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds look_after{500};

void log_verdict(const Verdict& verdict) {
  switch (verdict.kind) {
    case Verdict::Kind::done:
      log::info(verdict.lines.empty() ? "reloaded; the configuration says what it said before"
                                      : "reloaded");
      break;
    case Verdict::Kind::wrong:
      log::error("not reloaded: the new configuration is wrong, the old one is served still");
      break;
    case Verdict::Kind::failed:
      log::error("not reloaded: the old configuration is served still");
      break;
  }
  const auto level = verdict.kind == Verdict::Kind::done ? log::Level::info : log::Level::error;
  for (const std::string& line : verdict.lines) log::write(level, line);
}

void refuse_another_place(const Generation& before, const Generation& after) {
  if (before.settings().control == after.settings().control) return;
  throw std::runtime_error("server.control can't change while the server runs; restart it");
}

/// The modules that plugins come from, by the paths of their files.
std::map<std::filesystem::path, const Module*> modules_of(const Registry& registry) {
  std::map<std::filesystem::path, const Module*> modules;
  for (const std::string& name : registry.names()) {
    const Module* module = registry.find(name)->module;
    if (module != nullptr) modules[module->path] = module;
  }
  return modules;
}

/// The lines of what changed, modules of which only the content did among them; where the command
/// line stands in the place of what the document says, that is said.
std::vector<std::string> changes(const Generation& before, const Generation& after) {
  std::vector<std::string> lines = what_changed(before.document(), after.document());
  for (std::string& line : lines) {
    for (const std::string& name : after.overridden()) {
      if (line.starts_with(name + ":")) line += "; not in force, the command line says otherwise";
    }
  }
  const auto modules = modules_of(before.registry());
  for (const auto& [path, module] : modules_of(after.registry())) {
    const auto same = modules.find(path);
    if (same != modules.end() && same->second != module) {
      lines.push_back("module " + path.string() +
                      ": loaded anew; its handlers take nothing over from the old version");
    }
  }
  return lines;
}

void say_that_listen_is_not_looked_at(std::vector<std::string>& changes) {
  for (std::string& line : changes) {
    if (line.starts_with("server.listen:")) line += "; not in force, sockets were handed over";
  }
}

}  // namespace

Reloader::Reloader(BuildGeneration build, Parts parts)
    : build_(std::move(build)), parts_(std::move(parts)), timer_(parts_.io) {}

Reloader::~Reloader() {
  if (thread_.joinable()) thread_.join();
}

void Reloader::request(TellVerdict tell) {
  if (closed_) return tell({Verdict::Kind::failed, {"the server is stopping"}});
  if (busy()) {
    const std::string text = under_way();
    if (takes_long()) log::warn("a reload has to wait: " + text);
    tell.meanwhile(text);
  }
  waiting_.push_back(std::move(tell));
  if (!busy()) begin();
}

void Reloader::close() {
  closed_ = true;
  if (busy()) log::warn("stopping, while " + under_way());
}

bool Reloader::takes_long() const {
  const auto limit = parts_.generations.current().settings().timeouts.handler;
  return limit.count() != 0 && steady_clock::now() - began_ >= limit;
}

std::string Reloader::under_way() const {
  const std::string rehearsed = build_.at_work();
  return fmt::format("a reload has been under way for {:.1f} s, {}{}",
                     std::chrono::duration<double>(steady_clock::now() - began_).count(),
                     rehearsed.empty() ? step_.load() : "at a dry run: ", rehearsed);
}

void Reloader::tell_meanwhile() {
  timer_.expires_after(look_after);
  timer_.async_wait([this, began = began_](const asio::error_code& error) {
    if (!error && busy() && began == began_) look();
  });
}

/// A dry run that takes long has named itself.
void Reloader::look() {
  const std::string text = under_way();
  if (!named_ && takes_long()) {
    named_ = true;
    if (build_.at_work().empty()) log::warn(text);
  }
  for (const auto* listeners : {&told_next_, &waiting_}) {
    for (const TellVerdict& tell : *listeners) tell.meanwhile(text);
  }
  tell_meanwhile();
}

void Reloader::begin() {
  told_next_ = std::exchange(waiting_, {});
  began_ = steady_clock::now();
  named_ = false;
  step_ = "building the configuration";
  tell_meanwhile();
  try {
    thread_ = own_thread([this, open = parts_.acceptors.open_addresses()]() mutable {
      Prepared prepared = prepare(open);
      open.clear();
      asio::post(parts_.io,
                 [this, ready = std::move(prepared)]() mutable { finish(std::move(ready)); });
    });
  } catch (const std::exception& error) {
    Prepared none;
    none.verdict.lines = {std::string("there is no thread for it: ") + error.what()};
    finish(std::move(none));
  }
}

/// Everything that can go wrong, beside what is served. On a thread of its own; what is current
/// does not change meanwhile, because one reload at a time is under way.
Reloader::Prepared Reloader::prepare(const std::vector<OpenAddress>& open) noexcept {
  Prepared prepared;
  try {
    config::Diagnostics diagnostics;
    auto next = build_(diagnostics);
    diagnostics.sort();
    for (const config::Diagnostic& diagnostic : diagnostics.all()) {
      prepared.verdict.lines.push_back(diagnostic.text());
    }
    if (!next || !diagnostics.empty()) {
      prepared.verdict.kind = Verdict::Kind::wrong;
      return prepared;
    }
    refuse_another_place(parts_.generations.current(), *next);
    step_ = "at what handlers take over";
    next->take_over(parts_.generations.current());
    step_ = "opening addresses";
    prepared.opened =
        open_listeners(parts_.io, parts_.acceptors.wanted(next->settings().listen), open);
    step_ = "starting handlers";
    next->start();
    prepared.verdict.lines = changes(parts_.generations.current(), *next);
    if (parts_.acceptors.has_adopted()) say_that_listen_is_not_looked_at(prepared.verdict.lines);
    prepared.next = std::move(next);
    prepared.verdict.kind = Verdict::Kind::done;
  } catch (const std::exception& error) {
    prepared = {};
    prepared.verdict.lines = {error.what()};
  } catch (...) {
    prepared = {};
    prepared.verdict.lines = {"something was thrown that is no std::exception"};
  }
  return prepared;
}

void Reloader::finish(Prepared prepared) {
  if (thread_.joinable()) thread_.join();
  timer_.cancel();
  Verdict verdict = prepared.verdict;
  if (prepared.next && closed_) {
    verdict = {Verdict::Kind::failed, {"the server is stopping"}};
  } else if (prepared.next) {
    verdict.lines = go_over(std::move(prepared));
  }
  log_verdict(verdict);
  for (const TellVerdict& tell : std::exchange(told_next_, {})) tell(verdict);
  if (!waiting_.empty()) begin();
  parts_.on_end();
}

/// Nothing here can fail.
std::vector<std::string> Reloader::go_over(Prepared prepared) {
  std::vector<std::string> lines;
  for (const auto& listener : prepared.opened) lines.push_back("listening on " + listener->url);
  parts_.generations.replace(std::move(prepared.next));
  const Settings& settings = parts_.generations.current().settings();
  parts_.apply(settings);
  for (const std::string& url : parts_.acceptors.replace(parts_.acceptors.wanted(settings.listen),
                                                         std::move(prepared.opened))) {
    lines.push_back("no longer listening on " + url);
  }
  lines.insert(lines.end(), prepared.verdict.lines.begin(), prepared.verdict.lines.end());
  return lines;
}

}  // namespace catena
