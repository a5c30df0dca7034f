#include "support/source_tree.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace catena::testing {
namespace {

bool is_fence(std::string_view line) { return line.substr(0, 3) == "```"; }

/// The text without its fenced blocks and `code`.
std::string prose(std::string_view markdown) {
  std::string text;
  bool in_block = false;
  bool in_code = false;
  for (const std::string& line : lines_of(markdown)) {
    if (is_fence(line)) {
      in_block = !in_block;
    } else if (!in_block) {
      for (const char c : line + "\n") {
        if (c == '`') {
          in_code = !in_code;
        } else if (!in_code) {
          text.push_back(c);
        }
      }
    }
  }
  return text;
}

}  // namespace

std::filesystem::path source_tree() { return CATENA_SOURCE_DIR; }

std::vector<std::filesystem::path> source_files(std::string_view directory,
                                                std::string_view extension) {
  std::vector<std::filesystem::path> files;
  const std::filesystem::path top = source_tree();
  for (std::filesystem::recursive_directory_iterator it(top / directory), end; it != end; ++it) {
    const std::string name = it->path().filename();
    if (it->is_directory() && (name == "build" || name == "node_modules" || name.front() == '.')) {
      it.disable_recursion_pending();
    } else if (it->is_regular_file() && it->path().extension() == extension) {
      files.push_back(it->path().lexically_relative(top));
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<CodeBlock> code_blocks(std::string_view markdown) {
  std::vector<CodeBlock> blocks;
  CodeBlock block;
  bool in_code = false;
  std::string above;
  std::size_t number = 0;
  for (const std::string& line : lines_of(markdown)) {
    ++number;
    if (is_fence(line) && in_code) {
      blocks.push_back(std::exchange(block, {}));
      in_code = false;
    } else if (is_fence(line)) {
      block.language = line.substr(3);
      block.line_above = above;
      block.line = number;
      in_code = true;
    } else if (in_code) {
      block.text.append(line).append("\n");
    }
    above = line;
  }
  if (in_code) throw std::runtime_error("a fenced block has no end");
  return blocks;
}

std::vector<std::string> link_targets(std::string_view markdown) {
  std::vector<std::string> targets;
  const std::string text = prose(markdown);
  for (std::size_t at = text.find("]("); at != std::string::npos; at = text.find("](", at)) {
    at += 2;
    const std::size_t end = text.find_first_of(") \n", at);
    targets.push_back(text.substr(at, end == std::string::npos ? end : end - at));
  }
  return targets;
}

std::string between(std::string_view text, std::string_view open, std::string_view close) {
  const std::string from = std::string(open) + "\n";
  const std::size_t begin = text.find(from);
  const std::size_t end = begin == std::string_view::npos
                              ? begin
                              : text.find(std::string(close) + "\n", begin + from.size());
  if (end == std::string_view::npos) {
    throw std::runtime_error("there is no text between " + std::string(open) + " and " +
                             std::string(close));
  }
  return std::string(text.substr(begin + from.size(), end - begin - from.size()));
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace catena::testing
