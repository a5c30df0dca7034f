#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace catena::config {

/// A key as JSON pointers have it (RFC 6901).
inline std::string pointer_token(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

/// What the values of one document share: its name, and for each value the way to it, so that a
/// value carries a number instead of a pointer text.
class Origin {
 public:
  static constexpr std::uint32_t root = 0;

  Origin(std::string file, std::filesystem::path directory)
      : file_(std::move(file)), directory_(std::move(directory)), nodes_(1) {}

  const std::string& file() const noexcept { return file_; }
  const std::filesystem::path& directory() const noexcept { return directory_; }

  std::uint32_t add_item(std::uint32_t parent, std::size_t index) {
    nodes_.push_back({parent, static_cast<std::uint32_t>(index), no_key});
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }
  std::uint32_t add_member(std::uint32_t parent, std::string_view key) {
    nodes_.push_back(
        {parent, static_cast<std::uint32_t>(keys_.size()), static_cast<std::uint32_t>(key.size())});
    keys_ += key;
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }

  std::string pointer(std::uint32_t node) const {
    std::vector<std::uint32_t> way;
    for (; node != root; node = nodes_[node].parent) way.push_back(node);
    std::string out;
    for (auto at = way.rbegin(); at != way.rend(); ++at) {
      out += '/';
      append_token(out, nodes_[*at]);
    }
    return out;
  }

 private:
  static constexpr std::uint32_t no_key = std::numeric_limits<std::uint32_t>::max();

  struct Node {
    std::uint32_t parent = root;
    std::uint32_t at = 0;  // the index in an array, or where the key stands in keys_
    std::uint32_t key_size = no_key;
  };

  void append_token(std::string& out, const Node& node) const {
    if (node.key_size == no_key) {
      out += std::to_string(node.at);
      return;
    }
    out += pointer_token(std::string_view(keys_).substr(node.at, node.key_size));
  }

  std::string file_;
  std::filesystem::path directory_;
  std::vector<Node> nodes_;
  std::string keys_;
};

}  // namespace catena::config
