#include "catena/http/headers.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "catena/http/text.hpp"

namespace catena {
namespace {

constexpr std::string_view separator = ": ";
constexpr std::string_view line_end = "\r\n";

template <typename Fields>
std::optional<std::string_view> first_value(const Fields& fields, std::string_view name) noexcept {
  for (const Field field : fields) {
    if (equals_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> RequestHeaders::look_for(std::string_view name) const noexcept {
  return first_value(*this, name);
}

std::size_t RequestHeaders::count_lines(std::string_view name) const noexcept {
  return static_cast<std::size_t>(
      std::count_if(fields_.begin(), fields_.end(),
                    [name](const Field& field) { return equals_ignoring_case(field.name, name); }));
}

void Headers::add(std::string_view name, std::string_view value) {
  if (!is_token(name)) {
    throw std::invalid_argument("\"" + std::string(name) + "\" is no field name");
  }
  if (!is_field_value(value)) {
    throw std::invalid_argument("the value of " + std::string(name) +
                                " has a control character, or white space at an end");
  }
  if (is_ours(name) || is_ours(value)) {  // copied from another line of this list, which may move
    return add(std::string(name), std::string(value));
  }
  const Line line{static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(name.size()),
                  static_cast<std::uint32_t>(value.size())};
  text_.resize(line.begin + size_of(line));
  char* at = text_.data() + line.begin;
  for (const std::string_view part : {name, separator, value, line_end}) {
    at = std::copy(part.begin(), part.end(), at);
  }
  lines_.push_back(line);
  names_.add(name);
}

void Headers::add(const Headers& lines, std::size_t count) {
  if (lines_.empty() && count >= lines.lines_.size()) {
    *this = lines;
    return;
  }
  const auto begin = static_cast<std::uint32_t>(text_.size());
  const std::size_t all = lines.lines_.size();  // of its own lines, as many as there are now
  const std::size_t end = count < all ? lines.lines_[count].begin : lines.text_.size();
  for (std::size_t index = 0; index < std::min(count, all); ++index) {
    Line line = lines.lines_[index];
    line.begin += begin;
    lines_.push_back(line);
  }
  text_.append(lines.text_, 0, end);
  names_.add(lines.names_);
}

void Headers::set(std::string_view name, std::string_view value) {
  if (!has(name)) return add(name, value);
  add(name, value);  // first, so that what is thrown for a bad value loses nothing
  const Line latest = lines_.back();
  lines_.pop_back();
  std::erase_if(lines_, [this, latest](const Line& line) {  // the name given may have moved
    return equals_ignoring_case(name_of(line), name_of(latest));
  });
  lines_.push_back(latest);
  close_gaps();
}

void Headers::remove(std::string_view name) noexcept {
  const std::size_t removed = std::erase_if(
      lines_, [this, name](const Line& line) { return equals_ignoring_case(name_of(line), name); });
  if (removed > 0) close_gaps();
}

void Headers::clear() noexcept {
  text_.clear();
  lines_.clear();
  names_.clear();
}

std::optional<std::string_view> Headers::look_for(std::string_view name) const noexcept {
  return first_value(*this, name);
}

Field Headers::operator[](std::size_t index) const noexcept {
  const Line& line = lines_[index];
  const char* const value = text_.data() + line.begin + line.name_size + separator.size();
  return {name_of(line), {value, line.value_size}};
}

std::size_t Headers::size_of(const Line& line) noexcept {
  return line.name_size + separator.size() + line.value_size + line_end.size();
}

std::string_view Headers::name_of(const Line& line) const noexcept {
  return {text_.data() + line.begin, line.name_size};
}

bool Headers::is_ours(std::string_view text) const noexcept {
  return text.data() >= text_.data() && text.data() < text_.data() + text_.size();
}

/// Moves the lines together where others were removed.
void Headers::close_gaps() noexcept {
  std::size_t end = 0;
  for (Line& line : lines_) {
    const std::size_t size = size_of(line);
    std::memmove(text_.data() + end, text_.data() + line.begin, size);
    line.begin = static_cast<std::uint32_t>(end);
    end += size;
  }
  text_.resize(end);
}

}  // namespace catena
