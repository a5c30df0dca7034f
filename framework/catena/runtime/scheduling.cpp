#include "catena/runtime/scheduling.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <string_view>
#include <system_error>

#include "catena/http/unique_fd.hpp"

namespace catena::scheduling {
namespace {

/// What the system tells in a file of one line; empty where it does not.
class Told {
 public:
  explicit Told(const char* path) noexcept {
    const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
    const ssize_t size = file ? ::read(file.get(), text_.data(), text_.size()) : -1;
    if (size > 0) size_ = static_cast<std::size_t>(size);
  }
  std::string_view text() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, 256> text_;
  std::size_t size_ = 0;
};

Told of_thread(int thread, const char* what) noexcept {
  std::array<char, 64> path;
  std::snprintf(path.data(), path.size(), "/proc/self/task/%d/%s", thread, what);
  return Told(path.data());
}

/// A number that stands behind the first of `text`, as many words on as `skip` says.
std::optional<std::int64_t> number_in(std::string_view text, int skip) noexcept {
  for (; skip > 0; --skip) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    text.remove_prefix(space + 1);
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

void set_policy(int policy) noexcept {
  const sched_param none{};
  ::sched_setscheduler(0, policy, &none);
}

}  // namespace

std::vector<int> usable_processors() {
  std::vector<int> usable;
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return usable;
  for (int number = 0; number < CPU_SETSIZE; ++number) {
    if (CPU_ISSET(static_cast<std::size_t>(number), &set)) usable.push_back(number);
  }
  return usable;
}

void run_on(std::span<const int> processors) noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int number : processors) CPU_SET(static_cast<std::size_t>(number), &set);
  ::sched_setaffinity(0, sizeof set, &set);
}

void work_in_batches() noexcept { set_policy(SCHED_BATCH); }

void work_as_usual() noexcept { set_policy(SCHED_OTHER); }

std::optional<Waits> waits_for_processor(int thread) noexcept {
  // Time on processors, time of waiting for one, how often it came to run.
  const Told told = of_thread(thread, "schedstat");
  const std::optional<std::int64_t> time = number_in(told.text(), 1);
  const std::optional<std::int64_t> count = number_in(told.text(), 2);
  if (!time || !count) return std::nullopt;
  return Waits{std::chrono::nanoseconds(*time), static_cast<std::uint64_t>(*count)};
}

bool sleeps(int thread) noexcept {
  // The state stands behind the name, which is in parentheses and may hold anything.
  const Told told = of_thread(thread, "stat");
  const std::string_view stat = told.text();
  const std::size_t name_end = stat.rfind(") ");
  return name_end == std::string_view::npos || stat.substr(name_end + 2, 1) != "R";
}

std::chrono::nanoseconds time_used() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::optional<std::chrono::milliseconds> idle_time() noexcept {
  // Seconds since the start, and of idleness, each with two digits behind the point.
  const Told told("/proc/uptime");
  const std::string_view text = told.text();
  const std::optional<std::int64_t> seconds = number_in(text, 1);
  const std::size_t point = text.rfind('.');
  if (!seconds || point == std::string_view::npos) return std::nullopt;
  const std::optional<std::int64_t> hundredths = number_in(text.substr(point + 1), 0);
  if (!hundredths) return std::nullopt;
  return std::chrono::seconds(*seconds) + std::chrono::milliseconds(*hundredths * 10);
}

}  // namespace catena::scheduling
