#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "catena/export.hpp"

namespace catena::scheduling {

/// How the system runs the threads of this process. Where it does not tell (no /proc), answers are
/// empty, and what is asked of it is no more than a wish: nothing but speed depends on it.

/// The numbers of the processors that the calling thread may run on, ascending.
CATENA_API std::vector<int> usable_processors();
/// The calling thread runs on these only, and so do threads and processes that it starts.
CATENA_API void run_on(std::span<const int> processors) noexcept;
/// The scheduler does not interrupt one such thread for another that became ready, so that each
/// does more before it waits again. For the calling thread, and those that it starts.
CATENA_API void work_in_batches() noexcept;
/// Ends that, for the calling thread.
CATENA_API void work_as_usual() noexcept;

/// What a thread has waited for a processor until now, when it was ready to run.
struct Waits {
  std::chrono::nanoseconds time{0};
  std::uint64_t count = 0;
};
/// By the number that the system has for a thread of this process, as gettid(2) gives it. Source:
/// /proc/[pid]/schedstat, Documentation/scheduler/sched-stats.rst of Linux.
CATENA_API std::optional<Waits> waits_for_processor(int thread) noexcept;
/// Whether a thread of this process waits for something other than a processor. So it is taken to
/// be where the system does not tell.
CATENA_API bool sleeps(int thread) noexcept;

/// For how long this process has had processors until now, all threads together.
CATENA_API std::chrono::nanoseconds time_used() noexcept;
/// For how long the system's processors have had nothing to do until now, all of them together.
/// Source: /proc/uptime, proc(5).
CATENA_API std::optional<std::chrono::milliseconds> idle_time() noexcept;

}  // namespace catena::scheduling
