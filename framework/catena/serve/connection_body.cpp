#include "catena/serve/connection_body.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

namespace catena {

using std::chrono::steady_clock;

void ConnectionBody::begin(const Request& request, std::uint64_t limit, Pace pace,
                           Activity& activity) noexcept {
  activity_ = &activity;
  pace_ = pace;
  wait_.end();
  discarded_ = 0;
  limit_ = limit;
  received_ = 0;
  length_ = request.content_length;
  decoder_ = request.chunked ? BodyDecoder::chunked() : BodyDecoder::of_length(length_.value_or(0));
  state_ = decoder_.state() == BodyDecoder::State::end ? State::end : State::more;
  awaits_continue_ = request.expects_continue && state_ == State::more;
}

RequestBody::Read ConnectionBody::read(std::span<char> into) {
  if (state_ == State::more && length_.value_or(0) > limit_) state_ = State::too_large;
  if (into.empty()) return {0, state_};
  while (state_ == State::more) {
    const Read decoded = decode(into);
    if (decoded.size > 0 || state_ != State::more) return {decoded.size, state_};
    if (awaits_continue_ && !send_continue()) break;
    if (receive() == IoStatus::blocked) break;
  }
  return {0, state_};
}

/// Takes in what comes next.
IoStatus ConnectionBody::receive() {
  input_.reuse();
  const auto begin = steady_clock::now();
  activity_->begin_wait();
  const IoResult result = stream_.read(input_.space(), pace_.deadline(begin));
  activity_->end_wait();
  pace_.waited(steady_clock::now() - begin);
  if (result.status != IoStatus::blocked) settle(result);
  return result.status;
}

RequestBody::Read ConnectionBody::decode(std::span<char> into) {
  for (;;) {
    const BodyDecoder::Step step = decoder_.decode(input_.available(), into.size());
    std::copy(step.content.begin(), step.content.end(), into.begin());
    input_.consume(step.consumed);
    received_ += step.content.size();
    if (step.state == BodyDecoder::State::malformed) {
      state_ = State::malformed;
      return {0, state_};
    }
    if (received_ > limit_) {
      state_ = State::too_large;
      return {0, state_};
    }
    if (step.state == BodyDecoder::State::end) state_ = State::end;
    if (!step.content.empty() || step.consumed == 0 || state_ != State::more) {
      return {step.content.size(), state_};
    }
  }
}

RequestBody::State ConnectionBody::settle(IoResult result) noexcept {
  if (result.size > 0) {
    input_.arrived(result.size);
    pace_.moved(result.size);
    awaits_continue_ = false;
  } else if (result.status == IoStatus::timeout) {
    state_ = State::too_slow;
  } else if (result.status != IoStatus::ok) {
    state_ = State::gone;
  }
  return state_;
}

bool ConnectionBody::send_continue() {
  awaits_continue_ = false;
  const std::array<std::string_view, 1> line{"HTTP/1.1 100 Continue\r\n\r\n"};
  if (stream_.write(line, false, pace_).status == IoStatus::ok) return true;
  state_ = State::gone;
  return false;
}

RequestBody::State ConnectionBody::discard_arrived(std::size_t most) {
  std::array<char, 4096> sink;
  std::size_t total = 0;
  while (state_ == State::more && total <= most) {
    const Read decoded = decode(sink);
    total += decoded.size;
    if (decoded.size > 0 || state_ != State::more) continue;
    input_.reuse();
    const IoResult result = stream_.read_arrived(input_.space());
    if (result.size == 0 && result.status == IoStatus::ok) break;
    settle(result);
  }
  return state_;
}

bool ConnectionBody::discard(std::size_t most) {
  std::array<char, 4096> sink;
  if (state_ == State::more && length_.value_or(0) > limit_) state_ = State::too_large;
  if (wait_.waiting()) wait_.resume(pace_, steady_clock::now());
  bool moved = false;
  while (state_ == State::more && discarded_ <= most) {
    const std::size_t size = decode(sink).size;
    discarded_ += size;
    moved = moved || size > 0;
    if (size > 0 || state_ != State::more || receive() != IoStatus::blocked) continue;
    if (wait_.pause(pace_, steady_clock::now(), moved)) return false;
    state_ = State::too_slow;
  }
  return true;
}

std::optional<std::uint64_t> ConnectionBody::left() const noexcept {
  if (!length_) return std::nullopt;
  return *length_ - received_;
}

}  // namespace catena
