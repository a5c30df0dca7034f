#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "catena/export.hpp"

namespace catena {

/// Where lines go that requests produce and must never wait for: the access log's file, FIFO, or
/// standard output.
///
/// Lines are collected in memory and a thread of the sink's own writes them out, at the latest a
/// second after they came, sooner when the buffer is half full. When the other side can't keep up
/// (a pipe nobody reads, a stopped terminal, a slow or full disk) and the buffer is full, lines are
/// lost and counted; the program's log tells how many once that is over, or every ten seconds
/// meanwhile. Lines go out whole, in the order written.
class CATENA_API LineSink {
 public:
  /// Opens the file for appending, and creates it with mode 0640 in a directory that must exist;
  /// "-" is standard output, which may even be closed. A FIFO needs no reader yet. Up to `capacity`
  /// bytes wait, of which each line takes 8 to 15 besides its own, and as many again are being
  /// written. `name` is what the program's log calls this sink. Throws std::runtime_error with the
  /// path and the reason.
  LineSink(std::string name, const std::string& file, std::size_t capacity = std::size_t{1} << 20);
  LineSink(const LineSink&) = delete;
  LineSink& operator=(const LineSink&) = delete;
  /// Stops.
  ~LineSink();

  /// Takes over one line, which has no end of line in it. From any thread; does not wait for the
  /// sink and does not allocate. After `stop` the line is lost.
  void write(std::string_view line) noexcept;

  /// Waits until all lines written before have gone out, or are lost; false when that took longer
  /// than the timeout.
  bool flush(std::chrono::milliseconds timeout = std::chrono::seconds(1)) noexcept;

  /// Opens the file anew by its name, as after a rotation. No line is lost: what was written before
  /// still goes to the file that was open, unless that takes nothing just then, what is written
  /// after this returns goes to the new one. False when it can't be opened: the reason is logged,
  /// and the old file stays. For standard output it does nothing.
  bool reopen() noexcept;

  /// Writes out what there is, waiting no longer than the timeout and a moment, and ends the
  /// thread. Called by one thread; a second call does nothing.
  void stop(std::chrono::milliseconds timeout = std::chrono::seconds(1)) noexcept;

  /// How many lines were lost so far.
  std::uint64_t lost() const noexcept;

 private:
  friend CATENA_API void reopen_all_sinks() noexcept;
  friend CATENA_API bool flush_all_sinks(std::chrono::milliseconds timeout) noexcept;
  class Writer;
  // Shared with the thread, which may be stuck in the kernel for longer than `stop` waits.
  std::shared_ptr<Writer> writer_;
  std::thread thread_;
};

/// Reopens every sink there is. From an ordinary thread, not from a signal handler.
CATENA_API void reopen_all_sinks() noexcept;

/// Flushes every sink there is, all within the timeout; false when some could not. From an ordinary
/// thread, not from a signal handler.
CATENA_API bool flush_all_sinks(std::chrono::milliseconds timeout) noexcept;

}  // namespace catena
