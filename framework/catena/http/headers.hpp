#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catena/export.hpp"
#include "catena/http/name_set.hpp"

namespace catena {

/// One field line: its name as written and its value without the white space around it.
struct Field {
  std::string_view name;
  std::string_view value;
};

/// The field lines of a request, in the order received. The views are into the connection's input
/// and hold until the exchange is over. Names are compared without case (RFC 9110 section 5.1).
class CATENA_API RequestHeaders {
 public:
  /// The value of the first line of that name.
  std::optional<std::string_view> find(std::string_view name) const noexcept {
    return may_have(name) ? look_for(name) : std::nullopt;
  }
  bool has(std::string_view name) const noexcept { return find(name).has_value(); }
  /// How many lines have that name.
  std::size_t count(std::string_view name) const noexcept {
    return may_have(name) ? count_lines(name) : 0;
  }
  /// False where no line has that name. Where none has it, it may be true all the same.
  bool may_have(std::string_view name) const noexcept { return names_.may_have(name); }
  /// The same of any of these names.
  bool may_have_any(NameSet names) const noexcept { return names_.may_have_any(names); }

  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }
  std::size_t size() const noexcept { return fields_.size(); }

  /// For parsers: appends a line whose bytes outlive this list. Keeps its memory when cleared.
  void append(Field field) {
    fields_.push_back(field);
    names_.add(field.name);
  }
  void clear() noexcept {
    fields_.clear();
    names_.clear();
  }

 private:
  std::optional<std::string_view> look_for(std::string_view name) const noexcept;
  std::size_t count_lines(std::string_view name) const noexcept;

  std::vector<Field> fields_;
  NameSet names_;
};

/// The field lines of a response. Names and values are copied in and checked where they are set, so
/// that no CR, LF or NUL can reach the wire: a name that is no token, or a value that is no
/// field-value (RFC 9110 section 5.5), throws std::invalid_argument. Memory is kept when cleared.
class CATENA_API Headers {
 public:
  /// Appends a line; lines of the same name that are there already stay.
  void add(std::string_view name, std::string_view value);
  /// Leaves exactly one line of that name.
  void set(std::string_view name, std::string_view value);
  /// Appends the first lines of another list, which were checked when they were set there.
  void add(const Headers& lines, std::size_t count = SIZE_MAX);
  /// Removes all lines of that name.
  void remove(std::string_view name) noexcept;
  void clear() noexcept;

  /// The value of the first line of that name; the view holds until the headers are changed.
  std::optional<std::string_view> find(std::string_view name) const noexcept {
    return names_.may_have(name) ? look_for(name) : std::nullopt;
  }
  bool has(std::string_view name) const noexcept { return find(name).has_value(); }
  /// False where no line has any of these names. Where none has, it may be true all the same.
  bool may_have_any(NameSet names) const noexcept { return names_.may_have_any(names); }
  std::size_t size() const noexcept { return lines_.size(); }
  /// The line at the index, counted from 0 in the order added.
  Field operator[](std::size_t index) const noexcept;
  /// All of them as they are sent, each with its line end (RFC 9112 section 5); the view holds
  /// until the headers are changed.
  std::string_view text() const noexcept { return text_; }

  class Iterator {
   public:
    Iterator(const Headers& headers, std::size_t index) : headers_(&headers), index_(index) {}
    Field operator*() const noexcept { return (*headers_)[index_]; }
    Iterator& operator++() noexcept {
      ++index_;
      return *this;
    }
    bool operator==(const Iterator& other) const noexcept { return index_ == other.index_; }

   private:
    const Headers* headers_;
    std::size_t index_;
  };
  Iterator begin() const noexcept { return {*this, 0}; }
  Iterator end() const noexcept { return {*this, lines_.size()}; }

 private:
  /// Where a line stands in the text: "name: value" and the line end.
  struct Line {
    std::uint32_t begin;
    std::uint32_t name_size;
    std::uint32_t value_size;
  };
  std::optional<std::string_view> look_for(std::string_view name) const noexcept;
  static std::size_t size_of(const Line& line) noexcept;
  std::string_view name_of(const Line& line) const noexcept;
  bool is_ours(std::string_view text) const noexcept;
  void close_gaps() noexcept;

  std::string text_;
  std::vector<Line> lines_;
  NameSet names_;  ///< those of lines that were removed may be among them
};

}  // namespace catena
