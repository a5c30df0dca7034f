#include "catena/config/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_map>

namespace catena::config {
namespace {

/// Keys and file names may hold anything, and end up on terminals and in logs.
void append_visibly(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
}

}  // namespace

std::string Diagnostic::text() const {
  std::string out;
  append_visibly(out, file);
  if (position.line != 0) {
    fmt::format_to(std::back_inserter(out), "{}{}", out.empty() ? "line " : ":", position.line);
    if (position.column != 0) fmt::format_to(std::back_inserter(out), ":{}", position.column);
  }
  if (!out.empty()) out += ": ";
  if (!pointer.empty()) {
    append_visibly(out, pointer);
    out += ": ";
  }
  append_visibly(out, message);
  return out;
}

void Diagnostics::add(Diagnostic diagnostic) { all_.push_back(std::move(diagnostic)); }

void Diagnostics::expect_file(std::string file) { files_.push_back(std::move(file)); }

void Diagnostics::sort() {
  std::unordered_map<std::string, std::size_t> order;
  for (const std::string& file : files_) order.try_emplace(file, order.size());
  for (const Diagnostic& diagnostic : all_) order.try_emplace(diagnostic.file, order.size());
  const auto same_place = [](const Diagnostic& a, const Diagnostic& b) {
    return a.file == b.file && a.position == b.position;
  };
  std::stable_sort(all_.begin(), all_.end(), [&](const Diagnostic& a, const Diagnostic& b) {
    if (a.file != b.file) return order.at(a.file) < order.at(b.file);
    return a.position < b.position;
  });
  std::vector<Diagnostic> told;
  for (Diagnostic& diagnostic : all_) {
    bool fresh = true;
    for (auto at = told.rbegin(); fresh && at != told.rend() && same_place(*at, diagnostic); ++at) {
      fresh = !(*at == diagnostic);
    }
    if (fresh) told.push_back(std::move(diagnostic));
  }
  all_ = std::move(told);
}

}  // namespace catena::config
