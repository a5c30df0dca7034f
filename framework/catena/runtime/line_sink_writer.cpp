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
#include <utility>

#include "catena/runtime/log.hpp"

namespace catena {
namespace {

constexpr auto longest_wait_in_buffer = std::chrono::seconds(1);
constexpr auto between_reports = std::chrono::seconds(10);

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

LineSink::Writer::Writer(std::string name, const std::string& file, std::size_t capacity)
    : name_(std::move(name)), capacity_(capacity) {
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
  filling_.reserve(capacity_);
  writing_.reserve(capacity_);
}

void LineSink::Writer::write(std::string_view line) noexcept {
  bool wanted = false;
  {
    const std::scoped_lock lock(mutex_);
    const std::size_t before = filling_.size();
    if (stop_by_ || line.size() >= capacity_ - before) {
      wanted = unreported_ == 0;
      lose(1, 0);
    } else {
      filling_.append(line).push_back('\n');
      wanted = before == 0 || (before < capacity_ / 2 && filling_.size() >= capacity_ / 2);
    }
  }
  if (wanted) wake();
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
    if (!reopened_) reopened_at_ = filling_.size();
    reopened_ = std::move(opened);
  }
  wake();
  return true;
}

void LineSink::Writer::ask_to_stop(Clock::time_point deadline) noexcept {
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

std::uint64_t LineSink::Writer::lost() const noexcept {
  const std::scoped_lock lock(mutex_);
  return lost_;
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
    bool reopened = false;
    std::size_t for_old_output = 0;
    {
      const std::scoped_lock lock(mutex_);
      writing_.clear();
      writing_.swap(filling_);
      reopened = reopened_.has_value();
      if (reopened) for_old_output = reopened_at_;
      ticket = flush_wanted_;
      last = stop_by_.has_value();
    }
    write_out(std::string_view(writing_).substr(0, for_old_output));
    if (reopened) {
      const std::scoped_lock lock(mutex_);
      switch_output();
    }
    write_out(std::string_view(writing_).substr(for_old_output));
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
  std::optional<Clock::time_point> due;
  for (;;) {
    {
      const std::scoped_lock lock(mutex_);
      if (stop_by_ || reopened_ || flush_wanted_ > flushed_) return;
      if (filling_.size() >= capacity_ / 2) return;
      const bool work = !filling_.empty() || unreported_ > 0;
      if (work && !due) due = Clock::now() + longest_wait_in_buffer;
    }
    if (due && Clock::now() >= *due) return;
    sleep(due, -1);
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
    const ssize_t written = put(chunk);
    if (written < 0) {
      if (errno == EINTR || errno == EAGAIN) continue;
      const int error = errno;
      const auto count = std::count(rest_.begin(), rest_.end(), '\n');
      mid_line_ = mid_line_ || (rest_.data() != writing_.data() && rest_.data()[-1] != '\n');
      rest_ = {};
      const std::scoped_lock lock(mutex_);
      lose(static_cast<std::uint64_t>(count), error);
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
        lose(static_cast<std::uint64_t>(std::count(rest_.begin(), rest_.end(), '\n')), 0);
        rest_ = {};
        return false;
      }
      until = stop_by_ ? *stop_by_ : Clock::now() + between_reports;
    }
    sleep(until, output_.fd.get());
    report_losses(false);
  }
}

ssize_t LineSink::Writer::put(std::string_view chunk) noexcept {
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

void LineSink::Writer::lose(std::uint64_t lines, int error) noexcept {
  if (unreported_ == 0) losing_since_ = Clock::now();
  lost_ += lines;
  unreported_ += lines;
  if (error != 0) error_ = error;
}

void LineSink::Writer::report_losses(bool over) noexcept {
  std::uint64_t count = 0;
  int error = 0;
  {
    const std::scoped_lock lock(mutex_);
    const auto now = Clock::now();
    if (unreported_ == 0) return;
    if (!stop_by_) {
      if (reported_ && now < *reported_ + between_reports) return;
      if (!over && now < losing_since_ + between_reports) return;
    }
    reported_ = now;
    count = std::exchange(unreported_, 0);
    error = std::exchange(error_, 0);
  }
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
