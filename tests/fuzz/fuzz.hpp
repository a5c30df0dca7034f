#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// What all fuzz targets share. A target is one function, `fuzz`, which runs a piece of catena on
/// any bytes and holds it to what it promises.
namespace catena::fuzz {

/// The target: defined in the file of its name.
void fuzz(std::string_view input);

/// Ends the program with words when something that is promised does not hold; the fuzzer then keeps
/// the input.
inline void require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "catena: a promise is broken: %s\n", promise);
  std::abort();
}

/// Numbers that depend on nothing but the input, for choices that are not worth bytes of it.
class Choices {
 public:
  explicit Choices(std::string_view input) noexcept {
    for (const char byte : input) state_ = (state_ ^ static_cast<unsigned char>(byte)) * prime;
  }
  /// From 0 up to, not including, the bound.
  std::size_t below(std::size_t bound) noexcept {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(state_ >> 33) % bound;
  }

 private:
  static constexpr std::uint64_t prime = 1099511628211U;
  std::uint64_t state_ = 14695981039346656037U;
};

/// Where the input may be cut: a few places in ascending order, its end the last.
inline std::vector<std::size_t> some_cuts(std::string_view input, Choices& choices) {
  std::vector<std::size_t> cuts;
  for (std::size_t at = 0; at < input.size();) {
    at += 1 + choices.below(choices.below(4) == 0 ? 64 : 4);
    if (at < input.size()) cuts.push_back(at);
  }
  cuts.push_back(input.size());
  return cuts;
}

/// Takes a line off the front, without its end.
inline std::string_view take_line(std::string_view& input) {
  const std::size_t end = input.find('\n');
  const std::string_view line = input.substr(0, end);
  input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
  return line;
}

}  // namespace catena::fuzz
