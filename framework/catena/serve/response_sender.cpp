#include "catena/serve/response_sender.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <variant>

#include "catena/pipeline/complaint.hpp"
#include "catena/runtime/log.hpp"

namespace catena {
namespace {

constexpr std::uint64_t last_piece = 512 * 1024;
constexpr std::size_t source_piece = 16 * 1024;

/// Whether the file was modified at another time than the head says.
bool has_changed(int file, std::int64_t modified) {
  if (modified == 0) return false;
  struct stat now {};
  if (::fstat(file, &now) != 0) return true;
  return std::int64_t{now.st_mtim.tv_sec} * 1'000'000'000 + now.st_mtim.tv_nsec != modified;
}

/// Bytes of a file in memory, as many as there are of them.
std::string_view part_of(const OpenFile& file, std::uint64_t offset, std::uint64_t size) {
  const std::string_view all = file.bytes();
  const auto from = static_cast<std::size_t>(std::min<std::uint64_t>(offset, all.size()));
  return all.substr(from, static_cast<std::size_t>(std::min<std::uint64_t>(size, SIZE_MAX)));
}

}  // namespace

Sent::Outcome to_outcome(IoStatus status) noexcept {
  switch (status) {
    case IoStatus::ok: return Sent::Outcome::complete;
    case IoStatus::timeout: return Sent::Outcome::too_slow;
    case IoStatus::failed: return Sent::Outcome::cut;
    default: return Sent::Outcome::gone;
  }
}

void ResponseSender::begin(Exchange& exchange, bool keep_alive, std::string_view server_name,
                           Pace pace) {
  Response& response = exchange.response;
  exchange_ = &exchange;
  pace_ = pace;
  wait_.end();
  sent_ = Sent{};
  sent_.status = response.status();
  head_.clear();
  framing_ = append_head(head_, exchange.request, response, keep_alive, server_name);
  layout_ = {};
  left_ = 0;
  then_ = Then::end;
  if (framing_.kind == Framing::Kind::none) {
    load(head_, {}, false);
  } else if (const auto* slice = std::get_if<FileSlice>(&response.body.content())) {
    load(head_, {}, slice->size > 0 && !slice->file.in_memory());
    load_file(slice->file, slice->modified, slice->offset, slice->size);
  } else if (std::holds_alternative<FileParts>(response.body.content())) {
    next_part_ = 0;
    load_part();
  } else if (const auto* source = std::get_if<Body::Source>(&response.body.content())) {
    left_of_source_ = source->size.value_or(UINT64_MAX);
    first_piece_ = pieces_end_ = 0;  // the head waits for what it can be sent with
    then_ = Then::next_read;
  } else {
    const auto* text = std::get_if<std::string_view>(&response.body.content());
    load(head_, text != nullptr ? *text : std::string_view{}, false);
  }
}

bool ResponseSender::go_on() {
  if (wait_.waiting()) wait_.resume(pace_, std::chrono::steady_clock::now());
  const std::uint64_t before = sent_.head_bytes + sent_.body_bytes;
  IoStatus status = send_all();
  if (status == IoStatus::blocked) {
    const bool moved = sent_.head_bytes + sent_.body_bytes > before;
    if (wait_.pause(pace_, std::chrono::steady_clock::now(), moved)) return false;
    status = IoStatus::timeout;
  }
  sent_.outcome = to_outcome(status);
  return true;
}

/// All that can be sent; ok when it was all there is.
IoStatus ResponseSender::send_all() {
  try {
    do {
      if (const IoStatus status = send_pieces(); status != IoStatus::ok) return status;
      if (const IoStatus status = send_file(); status != IoStatus::ok) return status;
    } while (load_next());
  } catch (...) {
    log::error(complaint(*exchange_, exchange_->deferred_to(),
                         "the source of its body: " + cause_in_flight()));
    return IoStatus::failed;
  }
  return IoStatus::ok;
}

IoStatus ResponseSender::send_pieces() {
  while (first_piece_ < pieces_end_) {
    const std::span<const std::string_view> all(pieces_);
    const IoResult result =
        stream_.write(all.subspan(first_piece_, pieces_end_ - first_piece_), more_, pace_);
    count(result.size);
    if (result.status != IoStatus::ok && result.status != IoStatus::blocked) return result.status;
    for (std::size_t left = result.size; first_piece_ < pieces_end_; ++first_piece_) {
      std::string_view& piece = pieces_[first_piece_];
      const std::size_t taken = std::min(left, piece.size());
      piece.remove_prefix(taken);
      left -= taken;
      if (!piece.empty()) break;
    }
    if (result.status == IoStatus::blocked && first_piece_ < pieces_end_) return IoStatus::blocked;
  }
  return IoStatus::ok;
}

/// Sends bytes of a file, all but the last of them in one call. Before the last piece of a large
/// file, or of parts, the file must still be what the head says. One that is no larger was looked
/// at when it was opened, a moment ago.
IoStatus ResponseSender::send_file() {
  while (left_ > 0) {
    if (file_ < 0) return IoStatus::failed;
    const bool is_last = left_ <= last_piece;
    if (look_at_file_ && is_last && has_changed(file_, modified_)) return IoStatus::failed;
    const std::uint64_t piece = is_last ? left_ : left_ - last_piece;
    const IoResult result =
        stream_.send_file(file_, offset_, static_cast<std::size_t>(piece), pace_);
    sent_.body_bytes += result.size;
    offset_ += result.size;
    left_ -= result.size;
    if (result.size > 0) look_at_file_ = true;
    if (result.status != IoStatus::ok) return result.status;
  }
  return IoStatus::ok;
}

/// Makes ready what comes next; false when nothing does.
bool ResponseSender::load_next() {
  switch (then_) {
    case Then::next_part: load_part(); return true;
    case Then::next_read: load_read(); return true;
    default: return false;
  }
}

void ResponseSender::load(std::string_view first, std::string_view second, bool more) {
  pieces_ = {first, second};
  first_piece_ = 0;
  pieces_end_ = second.empty() ? 1 : 2;
  more_ = more;
}

/// What is in memory goes out with the pieces. Were it not all there, what is missing would be cut.
void ResponseSender::load_file(const OpenFile& file, std::int64_t modified, std::uint64_t offset,
                               std::uint64_t size) {
  if (file.in_memory()) {
    const std::string_view bytes = part_of(file, offset, size);
    pieces_[pieces_end_++] = bytes;
    size -= bytes.size();
  }
  file_ = file.fd();
  modified_ = modified;
  offset_ = offset;
  left_ = size;
  look_at_file_ = false;
}

void ResponseSender::load_part() {
  const auto& parts = std::get<FileParts>(exchange_->response.body.content());
  const std::string_view head = next_part_ == 0 ? std::string_view(head_) : std::string_view{};
  if (next_part_ == parts.parts.size()) {
    then_ = Then::end;
    return load(parts.end, {}, false);
  }
  const FileParts::Part& part = parts.parts[next_part_++];
  then_ = Then::next_part;
  load(head, part.before, true);
  load_file(parts.file, parts.modified, part.offset, part.size);
  look_at_file_ = next_part_ == parts.parts.size();
}

/// Reads from the source of the body. The head, as long as it is not sent, goes before.
void ResponseSender::load_read() {
  auto& body = std::get<Body::Source>(exchange_->response.body.content());
  const bool chunked = framing_.kind == Framing::Kind::chunked;
  const std::string_view head =
      sent_.head_bytes == 0 ? std::string_view(head_) : std::string_view{};
  piece_.resize(source_piece);
  std::size_t got = 0;
  if (left_of_source_ > 0) {
    const auto room =
        static_cast<std::size_t>(std::min<std::uint64_t>(left_of_source_, source_piece));
    got = body.source->read({piece_.data(), room});
  }
  left_of_source_ -= got;
  if (got == 0) {
    if (body.size && left_of_source_ > 0) {
      throw std::runtime_error("it ended before the size it had promised");
    }
    piece_.clear();
    if (chunked) load_last_chunk(body);
    load(head, piece_, false);
    layout_ = {0, 0};
    then_ = Then::end;
    return;
  }
  load(head, {}, false);
  layout_ = {0, got};
  const std::string_view content(piece_.data(), got);
  if (chunked) {
    char* end = std::to_chars(chunk_size_.data(), chunk_size_.data() + 16, got, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    const std::string_view size(chunk_size_.data(),
                                static_cast<std::size_t>(end - chunk_size_.data()));
    layout_.framing = size.size();
    pieces_ = {head, size, content, "\r\n"};
    pieces_end_ = 4;
  } else {
    pieces_ = {head, content};
    pieces_end_ = 2;
  }
}

/// Puts the last chunk and the trailer section into `piece_`.
void ResponseSender::load_last_chunk(Body::Source& body) {
  const Response& response = exchange_->response;
  piece_.assign("0\r\n");
  if (response.headers.has("Trailer")) {
    Headers trailers;
    body.source->trailers(trailers);
    for (const Field field : trailers) {
      if (may_be_trailer(response, field.name)) {
        piece_.append(field.name).append(": ").append(field.value).append("\r\n");
      } else {
        log::error(complaint(*exchange_, exchange_->deferred_to(),
                             "the trailer field " + std::string(field.name) +
                                 " is left out, because the response did not announce it in "
                                 "Trailer, or because it may not stand there"));
      }
    }
  }
  piece_.append("\r\n");
}

/// Counts what was written: first the rest of the head, then what the layout says.
void ResponseSender::count(std::uint64_t written) noexcept {
  const std::uint64_t of_head = std::min(written, head_.size() - sent_.head_bytes);
  sent_.head_bytes += of_head;
  written -= of_head;
  const std::uint64_t of_framing = std::min(written, layout_.framing);
  layout_.framing -= of_framing;
  written -= of_framing;
  const std::uint64_t of_content = std::min(written, layout_.content);
  layout_.content -= of_content;
  sent_.body_bytes += of_content;
}

}  // namespace catena
