#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catena/export.hpp"
#include "catena/http/status.hpp"

namespace catena {

class DocumentRoot;
class Exchange;

/// How one exchange went through its chain: every handler in the order in which it was entered,
/// what it did, and what it said of why. Kept only where an exchange points to one; it belongs to
/// the exchange's thread.
class CATENA_API Trace {
 public:
  using Clock = std::chrono::steady_clock;

  /// What one handler did.
  struct Step {
    std::string handler;
    std::size_t depth = 0;            ///< in how many chains its own stands: 0 in the outermost
    bool passed_on = false;           ///< whether it called next, with a handler left in its chain
    bool entered_chain = false;       ///< whether it ran a chain of its own
    bool answered = false;            ///< whether it chose a status, rather than one behind it
    std::vector<std::string> notes;   ///< its own words
    std::vector<std::string> before;  ///< what it changed before those behind it ran, or at all
    std::vector<std::string> after;   ///< what it changed after they had run
    std::chrono::nanoseconds own_time{};  ///< without those behind it

    /// What it did, in a few words: "passed on, then amended".
    CATENA_API std::string_view verdict() const noexcept;
  };
  const std::vector<Step>& steps() const noexcept { return steps_; }

  /// Empties it; memory is kept.
  void clear() noexcept;

  // For the pipeline, around each handler and each chain.
  void enter(std::string_view handler, const Exchange& exchange);
  void leave(const Exchange& exchange);
  void enter_chain() noexcept { ++depth_; }
  void leave_chain() noexcept { --depth_; }
  /// Something that the handler at work says of what it does.
  void note(std::string text);

 private:
  /// What handlers can change of an exchange.
  struct Snapshot {
    std::optional<Status> status;  // nothing while nobody answered
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;
    std::string path;
    const DocumentRoot* root = nullptr;
    bool upgrades = false;
  };
  static Snapshot look(const Exchange& exchange);
  static void list_changes(const Snapshot& from, const Snapshot& to,
                           std::vector<std::string>& into);
  void settle(const Exchange& exchange);

  struct Open {
    std::size_t step;
    bool resumed;  // whether something ran behind it
  };
  std::vector<Step> steps_;
  std::vector<Open> open_;
  Snapshot last_;
  Clock::time_point since_;
  std::size_t depth_ = 0;
};

}  // namespace catena
