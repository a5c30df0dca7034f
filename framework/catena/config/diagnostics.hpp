#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "catena/export.hpp"

namespace catena::config {

/// A place in a text, counted from 1 as editors do: lines end at LF, columns are characters (UTF-8
/// code points, a tab is one). 0 means unknown.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  friend auto operator<=>(const Position&, const Position&) = default;
};

/// One thing that is wrong with a configuration: where, and what was expected.
struct Diagnostic {
  std::string file;     ///< the file as it was named, or "--root" for the command line
  Position position;    ///< unknown for what has no place in a text
  std::string pointer;  ///< JSON pointer of the value (RFC 6901); empty for the whole document
  std::string message;

  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;

  /// `site.json:14:22: /chain/2/allow/1: expected a string, got a number`: always one line; what is
  /// unknown is left out.
  CATENA_API std::string text() const;
};

/// Collects everything that is wrong, so that one run tells it all. Not for several threads at
/// once.
class CATENA_API Diagnostics {
 public:
  void add(Diagnostic diagnostic);
  /// Gives a file its place in the order before anything is wrong in it.
  void expect_file(std::string file);
  std::size_t size() const noexcept { return all_.size(); }
  bool empty() const noexcept { return all_.empty(); }
  const std::vector<Diagnostic>& all() const noexcept { return all_; }

  /// Files in the order in which they were expected or first added, and by position within each;
  /// what stands at the same place keeps its order, and equals are told once.
  void sort();

 private:
  std::vector<Diagnostic> all_;
  std::vector<std::string> files_;
};

}  // namespace catena::config
