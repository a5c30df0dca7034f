#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "catena/export.hpp"
#include "catena/http/headers.hpp"
#include "catena/http/open_file.hpp"

namespace catena {

/// Content that is made while it is sent. Called on one thread at a time, but not always on the
/// same, because no thread waits for the client; destroyed when the exchange is over, wherever it
/// stopped.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// Writes the next bytes into `into`, which is never empty, and returns how many; 0 at the end.
  /// May block. What it throws cuts the connection, because the head is already out.
  virtual std::size_t read(std::span<char> into) = 0;
  /// Called after the end when the response announced trailer fields in "Trailer": sets what was
  /// only known by then, a digest of the content for example (RFC 9110 section 6.5). Only HTTP/1.1
  /// has them; to an older client they are not asked for.
  virtual void trailers(Headers& fields) { static_cast<void>(fields); }
};

/// Bytes of an open regular file, sent by the kernel, or with the head where the file is in memory.
/// If the file turns out shorter while it is sent, the connection is cut.
struct FileSlice {
  OpenFile file;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  /// When the file was last modified, in nanoseconds since the epoch, as far as the head says; if
  /// that has changed before the last piece is sent, the connection is cut. 0: not looked at.
  std::int64_t modified = 0;
};

/// Several slices of one open file, each with text in front of it: what multipart/byteranges is
/// made of.
struct FileParts {
  struct Part {
    std::string before;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
  };
  OpenFile file;
  std::int64_t modified = 0;  ///< as in FileSlice
  std::vector<Part> parts;
  std::string end;  ///< after the last part
};

/// What a response carries. It owns what it sends, or borrows it from something that outlives the
/// exchange: constant data, or the handler, which lives until the exchange is over.
class CATENA_API Body {
 public:
  struct Source {
    std::unique_ptr<BodySource> source;
    std::optional<std::uint64_t> size;  ///< when known beforehand; the source must keep to it
  };
  using Content = std::variant<std::monostate, std::string_view, FileSlice, FileParts, Source>;

  Body() = default;
  /// What was moved from is empty.
  Body(Body&& other) noexcept { *this = std::move(other); }
  Body& operator=(Body&& other) noexcept;

  bool empty() const noexcept { return std::holds_alternative<std::monostate>(content_); }

  /// Takes over the text.
  void own(std::string text);
  /// Appends to text of this body's own; what it held otherwise is dropped. Memory is kept from one
  /// exchange to the next, so this does not allocate once warm.
  void append(std::string_view text);
  /// The text stays where it is.
  void borrow(std::string_view text) noexcept { content_ = text; }
  void file(FileSlice slice) noexcept { content_ = std::move(slice); }
  void parts(FileParts parts) noexcept { content_ = std::move(parts); }
  /// A source whose end is where it returns 0, or after `size` bytes when that is given.
  void stream(std::unique_ptr<BodySource> source, std::optional<std::uint64_t> size = std::nullopt);
  void clear() noexcept;

  /// In bytes; nothing for a source that does not know.
  std::optional<std::uint64_t> size() const noexcept;
  Content& content() noexcept { return content_; }
  const Content& content() const noexcept { return content_; }

 private:
  bool holds_own_text() const noexcept;

  std::string text_;
  Content content_;
};

}  // namespace catena
