#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "support/temp_dir.hpp"

namespace catena::testing {

/// A program that the test started. Its standard output and error go to files; it is killed at the
/// end if it still runs. Every wait ends after a minute with an exception.
class Process {
 public:
  struct Setup {
    std::vector<std::string> arguments;
    std::filesystem::path directory;  ///< to start in; empty: where the test runs
    std::vector<std::pair<std::string, std::string>> environment;  ///< beside what the test has
    std::uint64_t most_descriptors = 0;  ///< hard limit on open files; 0: as the test has it
    int output = -1;                     ///< a descriptor for standard output instead of the file
    /// Sockets to hand over as systemd does: from descriptor 3 on, LISTEN_PID and LISTEN_FDS set.
    std::vector<int> handed_over = {};
  };
  Process(const std::string& program, Setup setup);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// Waits for the end; the exit code, or 128 and the signal.
  int wait();
  bool running();

  /// What has come so far.
  std::string output() const { return read_file(files_ / "out"); }
  std::string errors() const { return read_file(files_ / "err"); }
  /// Waits until that text has come.
  void wait_for_output(const std::string& text);
  void wait_for_errors(const std::string& text);

 private:
  TempDir files_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

/// Runs it to its end.
struct Finished {
  int exit_code;
  std::string output;
  std::string errors;
};
Finished run(const std::string& program, Process::Setup setup);

/// A moment, before asking again; throws when it began more than a minute ago.
void pause_or_give_up(std::chrono::steady_clock::time_point began);

/// Asks until it holds; throws after a minute.
template <typename Condition>
void eventually(Condition condition) {
  const auto began = std::chrono::steady_clock::now();
  while (!condition()) pause_or_give_up(began);
}

}  // namespace catena::testing
