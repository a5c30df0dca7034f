#include "catena/http/range_response.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <random>
#include <string>
#include <utility>

namespace catena {
namespace {

std::string content_range(const ByteRange& range, std::uint64_t size) {
  std::string text("bytes ");
  text.append(std::to_string(range.first)).append("-").append(std::to_string(range.last));
  return text.append("/").append(std::to_string(size));
}

/// A boundary that no file can have been made to contain.
std::string new_boundary() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), random(), 16).ptr;
  return {digits.data(), end};
}

void answer_part(Response& response, const ByteRange& range, FileSlice whole,
                 std::string_view media_type) {
  response.headers.set("Content-Type", media_type);
  response.headers.set("Content-Range", content_range(range, whole.size));
  whole.offset = range.first;
  whole.size = range.size();
  response.body.file(std::move(whole));
}

void answer_parts(Response& response, std::span<const ByteRange> ranges, FileSlice whole,
                  std::string_view media_type) {
  const std::string boundary = new_boundary();
  FileParts body;
  std::string_view line_end;
  for (const ByteRange& range : ranges) {
    std::string before(line_end);
    before.append("--").append(boundary).append("\r\nContent-Type: ").append(media_type);
    before.append("\r\nContent-Range: ").append(content_range(range, whole.size));
    before.append("\r\n\r\n");
    body.parts.push_back({std::move(before), range.first, range.size()});
    line_end = "\r\n";
  }
  body.end.append("\r\n--").append(boundary).append("--\r\n");
  body.file = std::move(whole.file);
  body.modified = whole.modified;
  std::string type("multipart/byteranges; boundary=");
  response.headers.set("Content-Type", type.append(boundary));
  response.body.parts(std::move(body));
}

}  // namespace

void answer_ranges(Response& response, const RangeSet& set, FileSlice whole,
                   std::string_view media_type) {
  if (set.kind() == RangeSet::Kind::unsatisfiable) {
    const std::uint64_t size = whole.size;
    response.drop_content();
    response.set_status(Status::range_not_satisfiable);
    std::string range("bytes */");
    response.headers.set("Content-Range", range.append(std::to_string(size)));
  } else if (set.kind() == RangeSet::Kind::whole) {
    response.set_status(Status::ok);
    response.headers.set("Content-Type", media_type);
    response.body.file(std::move(whole));
  } else {
    response.set_status(Status::partial_content);
    if (set.ranges().size() == 1) {
      answer_part(response, set.ranges().front(), std::move(whole), media_type);
    } else {
      answer_parts(response, set.ranges(), std::move(whole), media_type);
    }
  }
}

}  // namespace catena
