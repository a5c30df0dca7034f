// Targets: a path is what `Target::path` promises, and encoding it leads back to it.

#include "catena/http/target.hpp"
#include "fuzz/fuzz.hpp"

namespace catena::fuzz {
namespace {

/// Begins with '/', and has no empty or "." segment but an empty last one; ".." stands in front
/// only.
void require_normal(std::string_view path, bool leaves_root) {
  require(path.front() == '/', "a path begins with a slash");
  require(path.find('\0') == std::string_view::npos, "a path has no NUL");
  bool in_front = true;
  for (std::string_view rest = path; !rest.empty();) {
    rest.remove_prefix(1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    require(!segment.empty() || rest.empty(), "a path has no empty segments");
    require(segment != ".", "a path has no dot segments");
    require(segment != ".." || (in_front && leaves_root),
            "\"..\" stays only where it left the root");
    in_front = in_front && segment == "..";
  }
}

}  // namespace

void fuzz(std::string_view input) {
  const std::string_view method = take_line(input);
  Target target;
  std::string storage;
  if (!parse_target(input, method, target, storage)) return;
  require(target.raw == input, "the target is kept as received");
  if (target.form == TargetForm::authority || target.form == TargetForm::asterisk) {
    require(target.path.empty(), "these forms have no path");
    return;
  }
  require_normal(target.path, target.leaves_root);
  require(target.has_query || target.query.empty(), "no query without its mark");

  std::string encoded;
  append_encoded_path(encoded, target.path);
  Target again;
  std::string storage_again;
  require(parse_target(encoded, "GET", again, storage_again), "an encoded path is a target");
  require(again.path == target.path, "an encoded path leads back to the path");
  require(again.form == TargetForm::origin, "an encoded path names no host");
}

}  // namespace catena::fuzz
