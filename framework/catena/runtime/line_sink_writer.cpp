#include "catena/runtime/line_sink_writer.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

#include "catena/runtime/log.hpp"

namespace catena {
namespace {

constexpr auto longest_wait_in_buffer = std::chrono::seconds(1);
constexpr auto between_reports = std::chrono::seconds(10);
constexpr auto between_looks = std::chrono::microseconds(50);

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

LineSink::Writer::Writer(std::string name, const std::string& file, std::size_t capacity)
    : name_(std::move(name)), ring_(capacity) {
  if (file == "-") {
    description_ = "standard output";
    output_ = open_line_standard_output();
  } else {
    path_ = std::filesystem::absolute(file).lexically_normal().string();
    description_ = "the file " + path_;
    output_ = open_line_file(path_);
    if (!output_.fd) {
      throw std::runtime_error("can't open " + description_ + ": " + reason(errno));
    }
  }
  // Only now: when standard output is closed, the next descriptor gets its number.
  wakeup_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wakeup_) throw std::runtime_error("can't watch " + description_ + ": " + reason(errno));
  writing_.reserve(ring_.capacity());
}

void LineSink::Writer::write(std::string_view line) noexcept {
  switch (ring_.put(line)) {
    case LineRing::Put::kept: return;
    case LineRing::Put::awaited: wake(); return;
    case LineRing::Put::refused: break;
  }
  // The thread does this in the other order, so that one of the two sees the other.
  if (lost_.fetch_add(1) == reported_.load()) wake();
}

std::uint64_t LineSink::Writer::ask_to_flush() noexcept {
  std::uint64_t ticket = 0;
  {
    const std::scoped_lock lock(mutex_);
    ticket = ++flush_wanted_;
  }
  wake();
  return ticket;
}

bool LineSink::Writer::wait_for(std::uint64_t ticket, Clock::time_point deadline) noexcept {
  std::unique_lock lock(mutex_);
  return progress_.wait_until(lock, deadline, [&] { return flushed_ >= ticket || ended_; });
}

bool LineSink::Writer::reopen() noexcept {
  if (path_.empty()) return true;
  LineOutput opened = open_line_file(path_);
  if (!opened.fd) {
    const int error = errno;
    try {
      log::error(name_ + ": can't reopen " + description_ + ": " + reason(error) +
                 "; the file that was open stays in use");
    } catch (...) {
      // No memory for the message: go on without.
    }
    return false;
  }
  {
    const std::scoped_lock lock(mutex_);
    if (!reopened_) reopened_at_ = ring_.end();
    reopened_ = std::move(opened);
  }
  wake();
  return true;
}

void LineSink::Writer::ask_to_stop(Clock::time_point deadline) noexcept {
  ring_.close();
  {
    const std::scoped_lock lock(mutex_);
    stop_by_ = deadline;
  }
  wake();
}

bool LineSink::Writer::wait_for_end(Clock::time_point deadline) noexcept {
  std::unique_lock lock(mutex_);
  return progress_.wait_until(lock, deadline, [&] { return ended_; });
}

LineSink::Writer::Registry& LineSink::Writer::registry() {
  static Registry& instance = *new Registry;  // outlives whoever flushes at the last moment
  return instance;
}

std::vector<std::shared_ptr<LineSink::Writer>> LineSink::Writer::living() {
  std::vector<std::shared_ptr<Writer>> found;
  const std::scoped_lock lock(registry().mutex);
  for (const auto& entry : registry().writers) {
    if (auto writer = entry.lock()) found.push_back(std::move(writer));
  }
  return found;
}

void LineSink::Writer::enlist(const std::shared_ptr<Writer>& writer) {
  const std::scoped_lock lock(registry().mutex);
  std::erase_if(registry().writers, [](const auto& entry) { return entry.expired(); });
  registry().writers.push_back(writer);
}

void LineSink::Writer::wake() const noexcept {
  const std::uint64_t one = 1;
  // It can only fail when the counter is full, and then the thread is awake.
  [[maybe_unused]] const ssize_t written = ::write(wakeup_.get(), &one, sizeof one);
}

void LineSink::Writer::sleep(std::optional<Clock::time_point> until, int fd) const noexcept {
  int timeout = -1;
  if (until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Clock::now());
    timeout = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
  }
  pollfd events[] = {{wakeup_.get(), POLLIN, 0}, {fd, POLLOUT, 0}};
  ::poll(events, 2, timeout);
  if ((events[0].revents & POLLIN) != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t taken = ::read(wakeup_.get(), &count, sizeof count);
  }
}

void LineSink::Writer::run() noexcept {
  for (bool last = false; !last;) {
    wait_for_work();
    std::uint64_t ticket = 0;
    LineRing::Place until = 0;
    std::optional<LineRing::Place> for_old_output;
    {
      const std::scoped_lock lock(mutex_);
      until = ring_.end();  // with the lock: what comes after a reopening is for another output
      if (reopened_) for_old_output = reopened_at_;
      ticket = flush_wanted_;
      last = stop_by_.has_value();
    }
    if (for_old_output) {
      drain(*for_old_output);
      const std::scoped_lock lock(mutex_);
      switch_output();
    }
    drain(until);
    report_losses(true);
    {
      const std::scoped_lock lock(mutex_);
      flushed_ = ticket;
      ended_ = last;
    }
    progress_.notify_all();
  }
}

void LineSink::Writer::wait_for_work() noexcept {
  const std::size_t much = ring_.capacity() / 2 + 1;
  std::optional<Clock::time_point> due;
  while (!is_asked() && !(due && Clock::now() >= *due)) {
    const bool filled = !ring_.await(due ? much : 1);
    if (filled && due) return;
    if (!due && (filled || unreported() > 0)) {
      due = Clock::now() + longest_wait_in_buffer;
    } else {
      sleep(due, -1);
    }
  }
}

bool LineSink::Writer::is_asked() const noexcept {
  const std::scoped_lock lock(mutex_);
  return stop_by_ || reopened_ || flush_wanted_ > flushed_;
}

bool LineSink::Writer::is_to_stop() const noexcept {
  const std::scoped_lock lock(mutex_);
  return stop_by_.has_value();
}

/// Writes out, or loses, all lines before that place.
void LineSink::Writer::drain(LineRing::Place until) noexcept {
  for (;;) {
    writing_.clear();
    const bool all = ring_.take(until, writing_);
    write_out(writing_);
    if (all) return;
    // A thread was interrupted while it put in a line.
    std::this_thread::sleep_for(between_looks);
  }
}

void LineSink::Writer::write_out(std::string_view lines) noexcept {
  rest_ = lines;
  while (!rest_.empty()) {
    if (output_.kind != LineOutput::Kind::file && !wait_until_writable()) return;
    std::string_view chunk = rest_;
    if (mid_line_) {
      chunk = "\n";
    } else if (output_.kind != LineOutput::Kind::file && chunk.size() > PIPE_BUF) {
      // A pipe that can take anything takes this much in one piece.
      const std::size_t end = chunk.rfind('\n', PIPE_BUF - 1);
      chunk = chunk.substr(0, end == std::string_view::npos ? PIPE_BUF : end + 1);
    }
    const ssize_t written = send_out(chunk);
    if (written < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      error_ = errno;
      mid_line_ = mid_line_ || (rest_.data() != writing_.data() && rest_.data()[-1] != '\n');
      lose_rest();
      return;
    }
    if (mid_line_) {
      mid_line_ = written == 0;
    } else {
      rest_.remove_prefix(static_cast<std::size_t>(written));
    }
  }
}

/// False when a stop is wanted and its time is up; then the rest is lost.
bool LineSink::Writer::wait_until_writable() noexcept {
  for (;;) {
    pollfd event{output_.fd.get(), POLLOUT, 0};
    if (::poll(&event, 1, 0) > 0) return true;
    std::optional<Clock::time_point> until;
    {
      const std::scoped_lock lock(mutex_);
      if (reopened_) {
        switch_output();
        if (output_.kind == LineOutput::Kind::file) return true;
        continue;
      }
      if (stop_by_ && Clock::now() >= *stop_by_) {
        lose_rest();
        return false;
      }
      until = stop_by_ ? *stop_by_ : Clock::now() + between_reports;
    }
    sleep(until, output_.fd.get());
    report_losses(false);
  }
}

ssize_t LineSink::Writer::send_out(std::string_view chunk) noexcept {
  if (output_.kind == LineOutput::Kind::socket) {
    return ::send(output_.fd.get(), chunk.data(), chunk.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  return ::write(output_.fd.get(), chunk.data(), chunk.size());
}

void LineSink::Writer::switch_output() noexcept {
  if (!reopened_) return;
  output_ = std::move(*reopened_);
  reopened_.reset();
  mid_line_ = false;
}

void LineSink::Writer::lose_rest() noexcept {
  lost_ += static_cast<std::uint64_t>(std::count(rest_.begin(), rest_.end(), '\n'));
  rest_ = {};
}

void LineSink::Writer::report_losses(bool over) noexcept {
  if (unreported() == 0) return;
  const auto now = Clock::now();
  if (!losing_since_) losing_since_ = now;
  if (!is_to_stop()) {
    if (last_report_ && now < *last_report_ + between_reports) return;
    if (!over && now < *losing_since_ + between_reports) return;
  }
  last_report_ = now;
  losing_since_.reset();
  const std::uint64_t lost = lost_.load();
  const std::uint64_t count = lost - reported_.exchange(lost);
  const int error = std::exchange(error_, 0);
  try {
    std::string text = name_ + ": " + std::to_string(count) + (count == 1 ? " line" : " lines");
    text += " lost, because " + description_ + " could not take ";
    text += count == 1 ? "it" : "them";
    text += error == 0 ? std::string(" in time") : ": " + reason(error);
    log::warn(text);
  } catch (...) {
    // No memory for the message: go on without.
  }
}

}  // namespace catena
