#include "catena/runtime/line_sink.hpp"

#include <memory>
#include <utility>
#include <vector>

#include "catena/runtime/line_sink_writer.hpp"
#include "catena/runtime/log.hpp"
#include "catena/runtime/own_thread.hpp"

namespace catena {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto grace_at_stop = std::chrono::milliseconds(250);

}  // namespace

LineSink::LineSink(std::string name, const std::string& file, std::size_t capacity)
    : writer_(std::make_shared<Writer>(std::move(name), file, capacity)) {
  thread_ = own_thread([writer = writer_] { writer->run(); });
  try {
    Writer::enlist(writer_);
  } catch (...) {
    stop();
    throw;
  }
}

LineSink::~LineSink() { stop(); }

void LineSink::write(std::string_view line) noexcept { writer_->write(line); }

bool LineSink::flush(std::chrono::milliseconds timeout) noexcept {
  return writer_->wait_for(writer_->ask_to_flush(), Clock::now() + timeout);
}

bool LineSink::reopen() noexcept { return writer_->reopen(); }

void LineSink::stop(std::chrono::milliseconds timeout) noexcept {
  if (!thread_.joinable()) return;
  const auto deadline = Clock::now() + timeout;
  writer_->ask_to_stop(deadline);
  if (writer_->wait_for_end(deadline + grace_at_stop)) {
    thread_.join();
    return;
  }
  // The kernel does not come back from a write: a disk that hangs.
  thread_.detach();
  try {
    log::warn(writer_->name() + ": " + writer_->description() +
              " is stuck; what it did not take is lost");
  } catch (...) {
    // No memory for the message: go on without.
  }
}

std::uint64_t LineSink::lost() const noexcept { return writer_->lost(); }

void reopen_all_sinks() noexcept {
  try {
    for (const auto& writer : LineSink::Writer::living()) writer->reopen();
  } catch (...) {
    log::error("no memory to reopen the log files");
  }
}

bool flush_all_sinks(std::chrono::milliseconds timeout) noexcept {
  const auto deadline = Clock::now() + timeout;
  bool all = true;
  try {
    const auto writers = LineSink::Writer::living();
    std::vector<std::uint64_t> tickets;
    for (const auto& writer : writers) tickets.push_back(writer->ask_to_flush());
    for (std::size_t index = 0; index < writers.size(); ++index) {
      all = writers[index]->wait_for(tickets[index], deadline) && all;
    }
  } catch (...) {
    all = false;
  }
  return all;
}

}  // namespace catena
