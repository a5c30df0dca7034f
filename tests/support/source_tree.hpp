#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace catena::testing {

/// The root of the source tree that this was built from.
std::filesystem::path source_tree();

/// The files of that extension, with its dot, below a directory of the source tree, as paths from
/// its root, sorted. What was built or installed into the tree is left out.
std::vector<std::filesystem::path> source_files(std::string_view directory,
                                                std::string_view extension);

/// A fenced block of a Markdown text.
struct CodeBlock {
  std::string language;    ///< what stands behind the fence: "jsonc"
  std::string text;        ///< with the end of its last line
  std::string line_above;  ///< the line before the fence
  std::size_t line = 0;    ///< of the fence, counted from 1
};
std::vector<CodeBlock> code_blocks(std::string_view markdown);

/// The targets of the links and images of a Markdown text, outside its code, in their order.
std::vector<std::string> link_targets(std::string_view markdown);

/// What stands between two marks, each of which is a line of its own; throws std::runtime_error
/// when they are not both there.
std::string between(std::string_view text, std::string_view open, std::string_view close);

/// The lines of a text, without their ends.
std::vector<std::string> lines_of(std::string_view text);

}  // namespace catena::testing
