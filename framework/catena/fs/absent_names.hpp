#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace catena {

/// The suffixes by which names beside files were asked for, each with a number. Any thread; finding
/// one that is known takes no lock.
class Suffixes {
 public:
  static constexpr std::size_t most = 8;
  static constexpr std::size_t longest = 8;

  /// The number of the suffix, from 0 on, which it is given when it comes for the first time.
  /// Nothing when there are as many as there may be, when it is longer than they may be, or when no
  /// name is beside another by it.
  std::optional<unsigned> number_of(std::string_view suffix);

  /// The number of a suffix that has one.
  std::optional<unsigned> find(std::string_view suffix) const noexcept {
    return suffix.size() > longest ? std::nullopt : find(word_of(suffix));
  }

  /// Calls with each suffix.
  template <typename Visit>
  void for_each(Visit visit) const {
    const std::size_t count = count_.load(std::memory_order_acquire);
    for (std::size_t at = 0; at < count; ++at) visit(std::string_view(texts_[at]));
  }

 private:
  /// A suffix that is not too long as a number; no two have the same, for no name holds a NUL.
  static std::uint64_t word_of(std::string_view suffix) noexcept {
    std::uint64_t word = 0;
    for (const char c : suffix) word = word << 8 | static_cast<unsigned char>(c);
    return word;
  }
  std::optional<unsigned> find(std::uint64_t word) const noexcept {
    const std::size_t count = count_.load(std::memory_order_acquire);
    for (std::size_t at = 0; at < count; ++at) {
      if (words_[at] == word) return static_cast<unsigned>(at);
    }
    return std::nullopt;
  }

  std::atomic<std::size_t> count_{0};
  // Those below the count don't change any more.
  std::array<std::string, most> texts_;
  std::array<std::uint64_t, most> words_{};  // the same, to compare at once
  std::mutex mutex_;                         // for who adds one
};

/// What is known not to be there beside a file: its name with a suffix put behind, by the number of
/// the suffix. Any thread, no lock.
class AbsentNames {
 public:
  /// What was known at one time.
  class Known {
   public:
    bool has(unsigned suffix) const noexcept { return (word_ >> suffix & 1U) != 0; }

   private:
    friend class AbsentNames;
    explicit Known(std::uint64_t word) noexcept : word_(word) {}
    std::uint64_t word_;
  };

  Known known() const noexcept { return Known(word_.load(std::memory_order_acquire)); }
  /// Adds that there is nothing by that suffix, unless anything was forgotten since `before` was
  /// taken: before looking, so that no change in between is missed.
  void learn(unsigned suffix, Known before) noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    while (word / once == before.word_ / once &&
           !word_.compare_exchange_weak(word, word | std::uint64_t{1} << suffix,
                                        std::memory_order_acq_rel, std::memory_order_relaxed)) {
    }
  }
  void forget() noexcept {
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    while (!word_.compare_exchange_weak(word, (word / once + 1) * once, std::memory_order_acq_rel,
                                        std::memory_order_relaxed)) {
    }
  }

 private:
  static constexpr std::uint64_t once = std::uint64_t{1} << Suffixes::most;
  /// A bit for each suffix, and above them how often all was forgotten.
  std::atomic<std::uint64_t> word_{0};
};

}  // namespace catena
