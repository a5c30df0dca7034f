#include "catena/pipeline/trace.hpp"

#include <algorithm>
#include <cstdint>

#include "catena/fs/document_root.hpp"
#include "catena/pipeline/exchange.hpp"

namespace catena {
namespace {

std::string describe(const Body& body) {
  if (body.empty()) return {};
  const std::optional<std::uint64_t> size = body.size();
  return size ? std::to_string(*size) + (*size == 1 ? " byte" : " bytes") : "of unknown length";
}

std::string line(std::string_view sign, const std::pair<std::string, std::string>& field) {
  std::string text(sign);
  return text.append(field.first).append(": ").append(field.second);
}

}  // namespace

std::string_view Trace::Step::verdict() const noexcept {
  if (answered) return passed_on ? "passed on, then answered" : "answered";
  if (entered_chain) return "ran a chain of its own";
  if (!passed_on) return "passed nothing on";
  return after.empty() ? "passed on" : "passed on, then amended";
}

void Trace::clear() noexcept {
  steps_.clear();
  open_.clear();
  depth_ = 0;
}

void Trace::enter(std::string_view handler, const Exchange& exchange) {
  if (open_.empty()) {
    last_ = look(exchange);
  } else {
    settle(exchange);
    Step& around = steps_[open_.back().step];
    (depth_ == around.depth + 1 ? around.passed_on : around.entered_chain) = true;
    open_.back().resumed = true;
  }
  Step& step = steps_.emplace_back();
  step.handler.assign(handler);
  step.depth = depth_ - 1;
  open_.push_back({steps_.size() - 1, false});
  since_ = Clock::now();
}

void Trace::leave(const Exchange& exchange) {
  settle(exchange);
  open_.pop_back();
  since_ = Clock::now();
}

void Trace::note(std::string text) {
  if (!open_.empty()) steps_[open_.back().step].notes.push_back(std::move(text));
}

/// Books the time and the changes since the last look on the handler that was at work.
void Trace::settle(const Exchange& exchange) {
  const Open& open = open_.back();
  Step& step = steps_[open.step];
  step.own_time += Clock::now() - since_;
  Snapshot now = look(exchange);
  if (now.status && now.status != last_.status) step.answered = true;
  list_changes(last_, now, open.resumed ? step.after : step.before);
  last_ = std::move(now);
}

Trace::Snapshot Trace::look(const Exchange& exchange) {
  Snapshot snapshot;
  if (exchange.response.answered()) snapshot.status = exchange.response.status();
  for (const Field field : exchange.response.headers) {
    snapshot.fields.emplace_back(field.name, field.value);
  }
  snapshot.body = describe(exchange.response.body);
  snapshot.path.assign(exchange.path());
  snapshot.root = exchange.root;
  snapshot.upgrades = exchange.response.upgrades();
  return snapshot;
}

void Trace::list_changes(const Snapshot& from, const Snapshot& to, std::vector<std::string>& into) {
  if (to.root != from.root && to.root != nullptr) {
    into.push_back("root " + to.root->directory().string());
  }
  if (to.path != from.path) into.push_back("path " + to.path);
  if (to.status != from.status) {
    into.push_back(to.status ? "status " + std::to_string(code(*to.status)) : "status taken back");
  }
  const auto missing_in = [](const Snapshot& other) {
    return [&other](const auto& field) {
      return std::find(other.fields.begin(), other.fields.end(), field) == other.fields.end();
    };
  };
  for (const auto& field : from.fields) {
    if (missing_in(to)(field)) into.push_back(line("- ", field));
  }
  for (const auto& field : to.fields) {
    if (missing_in(from)(field)) into.push_back(line("+ ", field));
  }
  if (to.body != from.body) {
    into.push_back(to.body.empty() ? "body dropped" : "body " + to.body);
  }
  if (to.upgrades != from.upgrades) {
    into.push_back(to.upgrades ? "takes the connection over" : "leaves the connection");
  }
}

}  // namespace catena
