#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catena/http/unique_fd.hpp"
#include "catena/runtime/line_output.hpp"
#include "catena/runtime/line_ring.hpp"
#include "catena/runtime/line_sink.hpp"

namespace catena {

/// What the threads that write lines share with the one that writes them out.
class LineSink::Writer {
 public:
  using Clock = std::chrono::steady_clock;

  Writer(std::string name, const std::string& file, std::size_t capacity);

  void write(std::string_view line) noexcept;
  /// Asks for everything so far to be written out; the ticket is for `wait_for`.
  std::uint64_t ask_to_flush() noexcept;
  bool wait_for(std::uint64_t ticket, Clock::time_point deadline) noexcept;
  bool reopen() noexcept;
  void ask_to_stop(Clock::time_point deadline) noexcept;
  bool wait_for_end(Clock::time_point deadline) noexcept;
  std::uint64_t lost() const noexcept { return lost_.load(); }
  const std::string& description() const noexcept { return description_; }
  const std::string& name() const noexcept { return name_; }

  /// The thread's whole life.
  void run() noexcept;

  static std::vector<std::shared_ptr<Writer>> living();
  static void enlist(const std::shared_ptr<Writer>& writer);

 private:
  struct Registry {
    std::mutex mutex;
    std::vector<std::weak_ptr<Writer>> writers;
  };
  static Registry& registry();

  void wake() const noexcept;
  /// Sleeps until the thread is woken, `fd` can take something, or the moment comes.
  void sleep(std::optional<Clock::time_point> until, int fd) const noexcept;
  void wait_for_work() noexcept;
  bool is_asked() const noexcept;
  bool is_to_stop() const noexcept;
  void drain(LineRing::Place until) noexcept;
  void write_out(std::string_view lines) noexcept;
  bool wait_until_writable() noexcept;
  ssize_t send_out(std::string_view chunk) noexcept;
  void switch_output() noexcept;  // with mutex_ held
  void lose_rest() noexcept;
  std::uint64_t unreported() const noexcept { return lost_.load() - reported_.load(); }
  void report_losses(bool over) noexcept;

  const std::string name_;
  std::string path_;         ///< empty for standard output
  std::string description_;  ///< as messages call it
  UniqueFd wakeup_;          ///< an eventfd, so that one poll waits for it and for the output

  // Shared with whoever writes a line.
  LineRing ring_;
  std::atomic<std::uint64_t> lost_{0};
  std::atomic<std::uint64_t> reported_{0};  ///< of lost_, by the thread

  // What is asked of the thread, and what it answers, with mutex_ held.
  mutable std::mutex mutex_;
  std::condition_variable progress_;
  std::optional<LineOutput> reopened_;
  LineRing::Place reopened_at_ = 0;  ///< what is before this was written before that
  std::uint64_t flush_wanted_ = 0;
  std::uint64_t flushed_ = 0;
  std::optional<Clock::time_point> stop_by_;
  bool ended_ = false;

  // The thread's own.
  std::string writing_;
  std::string_view rest_;  ///< of writing_
  LineOutput output_;
  bool mid_line_ = false;  ///< the output has the beginning of a line whose end it did not get
  int error_ = 0;          ///< why the unreported lines were lost; 0: in no time
  std::optional<Clock::time_point> losing_since_;
  std::optional<Clock::time_point> last_report_;
};

}  // namespace catena
