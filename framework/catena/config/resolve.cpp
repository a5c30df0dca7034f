#include "catena/config/resolve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catena/config/json_text.hpp"
#include "catena/config/read_error.hpp"
#include "catena/config/variables.hpp"

namespace catena::config {

/// Walks a document, and the files that it includes, and changes values in place.
class Resolver {
 public:
  Resolver(const Outside& outside, Diagnostics& diagnostics)
      : outside_(outside), diagnostics_(diagnostics) {}

  void resolve_document(Value& document) {
    const std::filesystem::path name = std::filesystem::path(document.file()).filename();
    files_.push_back({document.file(), (document.directory() / name).lexically_normal()});
    resolve(document, 0);
  }

 private:
  struct File {
    std::string name;  // as messages have it
    std::filesystem::path path;
  };

  static bool is_include(const Value& value) {
    return value.members().size() == 1 && value.members().front().key == "include";
  }

  /// `depth` is how many arrays and objects the value stands in.
  void resolve(Value& value, std::size_t depth) {
    if (is_include(value)) return include(value, depth);
    if (value.kind() == Value::Kind::string) return expand(value);
    auto* items = std::get_if<std::vector<Value>>(&value.payload_);
    auto* members = std::get_if<std::vector<Member>>(&value.payload_);
    if (items == nullptr && members == nullptr) return;
    if (depth == deepest_nesting) {
      return fail(value, value,
                  fmt::format("arrays and objects stand more than {} deep in one "
                              "another, with what is included",
                              deepest_nesting));
    }
    if (items != nullptr) resolve_items(*items, depth + 1);
    if (members != nullptr) {
      for (Member& member : *members) resolve(member.value, depth + 1);
    }
  }

  void resolve_items(std::vector<Value>& items, std::size_t depth) {
    const bool splices = std::any_of(items.begin(), items.end(), is_include);
    std::vector<Value> spliced;
    for (Value& item : items) {
      const bool included = is_include(item);
      resolve(item, depth);
      if (!splices) continue;
      auto* inner = std::get_if<std::vector<Value>>(&item.payload_);
      if (included && inner != nullptr) {
        std::move(inner->begin(), inner->end(), std::back_inserter(spliced));
      } else {
        spliced.push_back(std::move(item));
      }
    }
    if (splices) items = std::move(spliced);
  }

  void expand(Value& value) {
    const std::string& text = value.as_string();
    if (text.find("${") == std::string::npos) return;
    auto expanded = with_variables(text, outside_);
    if (const auto* bad = std::get_if<BadVariable>(&expanded)) {
      return fail(value, value, bad->message);
    }
    std::string& result = std::get<std::string>(expanded);
    if (!take(result.size())) return fail(value, value, too_much);
    value.payload_ = std::move(result);
  }

  void include(Value& value, std::size_t depth) {
    Value where = value.members().front().value;
    if (where.kind() == Value::Kind::string) expand(where);
    if (where.failure() != nullptr) return fail(value, *where.failure());
    const bool names_file = where.kind() == Value::Kind::string && !where.as_string().empty() &&
                            where.as_string().find('\0') == std::string::npos;
    if (!names_file) {
      return fail(value, where, "expected the path of a file, got " + shown(where));
    }
    const std::filesystem::path path = where.directory() / where.as_string();
    const std::filesystem::path plain = path.lexically_normal();
    if (const std::string loop = loop_with(plain, path.string()); !loop.empty()) {
      return fail(value, where, "files include one another: " + loop);
    }
    if (files_.size() > deepest_includes) {
      return fail(value, where,
                  fmt::format("files include one another more than {} deep", deepest_includes));
    }
    const auto read = outside_.file(path);
    if (const int* error = std::get_if<int>(&read)) {
      return fail(value, where,
                  fmt::format("can't include {}: {}", path.string(), read_error(*error)));
    }
    const std::string& text = std::get<std::string>(read);
    if (!take(text.size())) return fail(value, where, too_much);
    diagnostics_.expect_file(path.string());
    const std::size_t before = diagnostics_.size();
    std::optional<Value> included = parse(text, path.string(), path.parent_path(), diagnostics_);
    if (!included) return fail(value, diagnostics_.all()[before]);
    value = std::move(*included);
    files_.push_back({path.string(), plain});
    resolve(value, depth);
    files_.pop_back();
  }

  /// "site.json → a.json → site.json" when that path is being read already.
  std::string loop_with(const std::filesystem::path& path, const std::string& name) const {
    std::string out;
    for (const File& file : files_) {
      if (out.empty() && file.path != path) continue;
      out.append(file.name).append(" → ");
    }
    return out.empty() ? out : out + name;
  }

  bool take(std::size_t size) {
    taken_ += size;
    return taken_ <= largest_file;
  }

  /// Reports what is wrong at a place, and leaves that in the value.
  void fail(Value& value, const Value& at, std::string message) {
    Diagnostic why = at.problem(std::move(message));
    diagnostics_.add(why);
    fail(value, std::move(why));
  }
  void fail(Value& value, Diagnostic why) {
    value.payload_ = {};
    value.failure_ = std::make_shared<const Diagnostic>(std::move(why));
  }

  static constexpr const char* too_much =
      "what comes from the environment and from other files is larger than 16 MiB; is it right?";

  const Outside& outside_;
  Diagnostics& diagnostics_;
  std::vector<File> files_;  // that are being read, the outermost first
  std::size_t taken_ = 0;
};

void resolve(Value& document, const Outside& outside, Diagnostics& diagnostics) {
  Resolver(outside, diagnostics).resolve_document(document);
}

}  // namespace catena::config
