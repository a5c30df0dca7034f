#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "catena/config/diagnostics.hpp"
#include "catena/config/outside.hpp"
#include "catena/export.hpp"

namespace catena::config {

class Origin;
struct Member;

/// A JSON value that knows where it stands, so that whoever holds one can report what is wrong with
/// it. Copies are deep, and share only what names the document. Read from any thread.
class CATENA_API Value {
 public:
  enum class Kind {
    null,
    boolean,
    integer,  ///< a number without fraction or exponent that 64 bits with a sign hold
    number,   ///< any other number
    string,
    array,
    object,
  };

  /// Null, of no document.
  Value() = default;

  Kind kind() const noexcept { return static_cast<Kind>(payload_.index()); }
  /// As messages say it: "a string", "a number", "true or false", "an object", "an array", "null".
  std::string_view kind_name() const noexcept;

  /// Each is for values of its kind only, and throws std::bad_variant_access for others.
  bool as_bool() const { return std::get<bool>(payload_); }
  std::int64_t as_integer() const { return std::get<std::int64_t>(payload_); }
  const std::string& as_string() const { return std::get<std::string>(payload_); }
  /// Of an integer, too.
  double as_number() const;
  /// A number of either kind as it was written: "1e3", "18446744073709551615".
  std::string number_text() const;

  /// The elements of an array in order; none for any other kind.
  std::span<const Value> items() const noexcept;
  /// The members of an object in the order in which they were written; none for any other kind.
  std::span<const Member> members() const noexcept;
  /// The value of a member, or null when there is none.
  const Value* find(std::string_view key) const noexcept;

  /// Where the value begins.
  Position position() const noexcept { return position_; }
  /// The JSON pointer of this value in its document (RFC 6901): "/chain/2/allow"; "" for the root.
  std::string pointer() const;
  /// The document, as messages name it.
  const std::string& file() const noexcept;
  /// What relative paths in the document are relative to; empty for the working directory.
  const std::filesystem::path& directory() const noexcept;

  /// Why what should stand here could not be had: a variable that is not set, a file that can't be
  /// included. The value is null then. It was reported; who needs the value reports it again,
  /// and leaves it at that: diagnostics that are equal are told once.
  const Diagnostic* failure() const noexcept { return failure_.get(); }

  /// Says that something is wrong with this value.
  Diagnostic problem(std::string message) const;
  /// Says that something is wrong with the key of a member of this object.
  Diagnostic problem_at_key(const Member& member, std::string message) const;

 private:
  friend class DocumentBuilder;
  friend class Resolver;
  struct Number {
    double value;
    std::string text;
  };
  using Payload = std::variant<std::monostate, bool, std::int64_t, Number, std::string,
                               std::vector<Value>, std::vector<Member>>;

  std::shared_ptr<const Origin> origin_;
  std::uint32_t node_ = 0;
  Position position_;
  Payload payload_;
  std::shared_ptr<const Diagnostic> failure_;
};

struct Member {
  std::string key;
  Position key_position;
  Value value;
};

/// The most that read_file reads.
inline constexpr std::size_t largest_file = std::size_t{16} << 20;
/// How deep arrays and objects may stand in one another.
inline constexpr std::size_t deepest_nesting = 64;

/// Reads JSON with // and /* */ comments (RFC 8259 otherwise, UTF-8, with or without a byte order
/// mark). Nothing when the text is not that. Of duplicate keys the first counts, the others are
/// reported, and there is a value still, so that the rest can be checked in the same run: ask
/// `diagnostics` before using it. Any input whatsoever is safe to give. What stands there is left
/// as it is written: variables and included files are resolve's.
CATENA_API std::optional<Value> parse(std::string_view text, std::string file_name,
                                      std::filesystem::path directory, Diagnostics& diagnostics);

/// Reads a file like that, with the variables and the files that it asks for (see resolve), and
/// reports it as well when it can't be read. Relative paths in a file are relative to the directory
/// it was named in.
CATENA_API std::optional<Value> read_file(const std::filesystem::path& path,
                                          Diagnostics& diagnostics,
                                          const Outside& outside = of_this_process());

}  // namespace catena::config
