#include "catena/http/headers.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "catena/http/text.hpp"

namespace catena {
namespace {

template <typename Fields>
std::optional<std::string_view> first_value(const Fields& fields, std::string_view name) noexcept {
  for (const Field field : fields) {
    if (equals_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> RequestHeaders::find(std::string_view name) const noexcept {
  return first_value(*this, name);
}

std::size_t RequestHeaders::count(std::string_view name) const noexcept {
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
  const auto is_ours = [this](std::string_view text) {
    return text.data() >= bytes_.data() && text.data() < bytes_.data() + bytes_.size();
  };
  if (is_ours(name) || is_ours(value)) {  // copied from another line of this list, which may move
    return add(std::string(name), std::string(value));
  }
  const std::uint32_t name_at = keep(name);
  const std::uint32_t value_at = keep(value);
  entries_.push_back({name_at, static_cast<std::uint32_t>(name.size()), value_at,
                      static_cast<std::uint32_t>(value.size())});
}

void Headers::set(std::string_view name, std::string_view value) {
  if (!has(name)) return add(name, value);
  add(name, value);  // first, so that what is thrown for a bad value loses nothing
  const Entry latest = entries_.back();
  remove({bytes_.data() + latest.name_at, latest.name_size});  // the name given may have moved
  entries_.push_back(latest);
}

void Headers::remove(std::string_view name) noexcept {
  std::erase_if(entries_, [&](const Entry& entry) {
    return equals_ignoring_case({bytes_.data() + entry.name_at, entry.name_size}, name);
  });
}

void Headers::clear() noexcept {
  bytes_.clear();
  entries_.clear();
}

std::optional<std::string_view> Headers::find(std::string_view name) const noexcept {
  return first_value(*this, name);
}

Field Headers::operator[](std::size_t index) const noexcept {
  const Entry& entry = entries_[index];
  return {{bytes_.data() + entry.name_at, entry.name_size},
          {bytes_.data() + entry.value_at, entry.value_size}};
}

std::uint32_t Headers::keep(std::string_view text) {
  const auto at = static_cast<std::uint32_t>(bytes_.size());
  bytes_.append(text);
  return at;
}

}  // namespace catena
