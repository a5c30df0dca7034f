#include "catena/serve/response_sender.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <variant>

#include "catena/pipeline/complaint.hpp"
#include "catena/runtime/log.hpp"

namespace catena {
namespace {

constexpr std::size_t file_piece = 512 * 1024;
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

/// The size line of a chunk, in a buffer of its own.
class ChunkSize {
 public:
  explicit ChunkSize(std::size_t size) {
    char* end = std::to_chars(text_.data(), text_.data() + 16, size, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    length_ = static_cast<std::size_t>(end - text_.data());
  }
  std::string_view text() const { return {text_.data(), length_}; }

 private:
  std::array<char, 18> text_;
  std::size_t length_;
};

}  // namespace

Sent::Outcome to_outcome(IoStatus status) noexcept {
  switch (status) {
    case IoStatus::ok: return Sent::Outcome::complete;
    case IoStatus::timeout: return Sent::Outcome::too_slow;
    case IoStatus::failed: return Sent::Outcome::cut;
    default: return Sent::Outcome::gone;
  }
}

ResponseSender::Result ResponseSender::send(Exchange& exchange, bool keep_alive,
                                            std::string_view server_name, Pace pace) {
  Response& response = exchange.response;
  head_.clear();
  sent_ = Sent{};
  sent_.status = response.status();
  const Framing framing = append_head(head_, exchange.request, response, keep_alive, server_name);
  if (framing.kind == Framing::Kind::none) {
    send_text({}, pace);
  } else if (auto* slice = std::get_if<FileSlice>(&response.body.content())) {
    send_file(*slice, pace);
  } else if (auto* parts = std::get_if<FileParts>(&response.body.content())) {
    send_parts(*parts, pace);
  } else if (auto* source = std::get_if<Body::Source>(&response.body.content())) {
    send_source(exchange, *source, framing.kind, pace);
  } else {
    const auto* text = std::get_if<std::string_view>(&response.body.content());
    send_text(text != nullptr ? *text : std::string_view{}, pace);
  }
  return {sent_, framing.keep_alive && sent_.outcome == Sent::Outcome::complete};
}

bool ResponseSender::write(std::span<const std::string_view> pieces, bool more, Layout layout,
                           Pace& pace) {
  const IoResult result = stream_.write(pieces, more, pace);
  sent_.outcome = to_outcome(result.status);
  count(result.size, layout);
  return result.status == IoStatus::ok;
}

/// Counts what was written: first the rest of the head, then what the layout says.
void ResponseSender::count(std::uint64_t written, Layout layout) noexcept {
  const std::uint64_t of_head = std::min(written, head_.size() - sent_.head_bytes);
  sent_.head_bytes += of_head;
  written -= of_head;
  written -= std::min(written, layout.framing);
  sent_.body_bytes += std::min(written, layout.content);
}

void ResponseSender::send_text(std::string_view text, Pace& pace) {
  const std::array<std::string_view, 2> pieces{head_, text};
  write(pieces, false, {}, pace);
}

void ResponseSender::send_file(const FileSlice& slice, Pace& pace) {
  if (slice.file.in_memory()) {
    const std::string_view bytes = part_of(slice.file, slice.offset, slice.size);
    send_text(bytes, pace);
    if (bytes.size() < slice.size) sent_.outcome = Sent::Outcome::cut;
    return;
  }
  const std::array<std::string_view, 1> head{head_};
  if (!write(head, slice.size > 0, {}, pace)) return;
  send_bytes(slice.file, slice.modified, slice.offset, slice.size, false, pace);
}

void ResponseSender::send_parts(const FileParts& parts, Pace& pace) {
  std::string_view head = head_;
  for (const FileParts::Part& part : parts.parts) {
    const std::array<std::string_view, 2> before{head, part.before};
    if (!write(before, true, {}, pace)) return;
    head = {};
    const bool last = &part == &parts.parts.back();
    if (!send_bytes(parts.file, parts.modified, part.offset, part.size, last, pace)) return;
  }
  const std::array<std::string_view, 1> end{parts.end};
  write(end, false, {}, pace);
}

/// Sends bytes of a file, in pieces. Before the last of several pieces, and before the only one
/// when `check` asks for that, the file must still be what the head says; false when it was not
/// sent whole.
bool ResponseSender::send_bytes(const OpenFile& file, std::int64_t modified, std::uint64_t offset,
                                std::uint64_t size, bool check, Pace& pace) {
  if (file.in_memory()) {
    const std::array<std::string_view, 1> bytes{part_of(file, offset, size)};
    if (!write(bytes, true, {}, pace)) return false;
    if (bytes.front().size() == size) return true;
    sent_.outcome = Sent::Outcome::cut;
    return false;
  }
  std::uint64_t done = 0;
  while (done < size) {
    const std::uint64_t left = size - done;
    // A file that fits one piece was looked at when it was opened, a moment ago.
    if ((check || done > 0) && left <= file_piece && has_changed(file.fd(), modified)) {
      sent_.outcome = Sent::Outcome::cut;
      return false;
    }
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(left, file_piece));
    const IoResult result = stream_.send_file(file.fd(), offset + done, piece, pace);
    sent_.body_bytes += result.size;
    sent_.outcome = to_outcome(result.status);
    if (result.status != IoStatus::ok) return false;
    done += piece;
  }
  return true;
}

void ResponseSender::send_source(const Exchange& exchange, Body::Source& body,
                                 Framing::Kind framing, Pace& pace) {
  piece_.resize(source_piece);
  std::uint64_t left = body.size.value_or(UINT64_MAX);
  const bool chunked = framing == Framing::Kind::chunked;
  std::string_view head = head_;
  try {
    while (left > 0) {
      const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(left, source_piece));
      const std::size_t got = body.source->read({piece_.data(), room});
      if (got == 0) break;
      left -= got;
      const std::string_view content(piece_.data(), got);
      const ChunkSize size(got);
      const Layout layout{chunked ? size.text().size() : 0, got};
      const std::array<std::string_view, 4> pieces{
          head, chunked ? size.text() : std::string_view{}, content,
          chunked ? std::string_view("\r\n") : std::string_view{}};
      if (!write(pieces, false, layout, pace)) return;
      head = {};
    }
    if (body.size && left > 0) {
      throw std::runtime_error("it ended before the size it had promised");
    }
    if (chunked) append_last_chunk(exchange, *body.source);
  } catch (...) {
    log::error(complaint(exchange, exchange.deferred_to(),
                         "the source of its body: " + cause_in_flight()));
    sent_.outcome = Sent::Outcome::cut;
    return;
  }
  const std::array<std::string_view, 2> rest{
      head, chunked ? std::string_view(piece_) : std::string_view{}};
  write(rest, false, {0, 0}, pace);
}

/// Puts the last chunk and the trailer section into `piece_`.
void ResponseSender::append_last_chunk(const Exchange& exchange, BodySource& source) {
  const Response& response = exchange.response;
  piece_.assign("0\r\n");
  if (response.headers.has("Trailer")) {
    Headers trailers;
    source.trailers(trailers);
    for (const Field field : trailers) {
      if (may_be_trailer(response, field.name)) {
        piece_.append(field.name).append(": ").append(field.value).append("\r\n");
      } else {
        log::error(complaint(exchange, exchange.deferred_to(),
                             "the trailer field " + std::string(field.name) +
                                 " is left out, because the response did not announce it in "
                                 "Trailer, or because it may not stand there"));
      }
    }
  }
  piece_.append("\r\n");
}

}  // namespace catena
