#include "catena/http/body.hpp"

#include <utility>

namespace catena {

Body& Body::operator=(Body&& other) noexcept {
  if (this == &other) return *this;
  const bool own_text = other.holds_own_text();
  text_ = std::move(other.text_);
  content_ = std::move(other.content_);
  if (own_text) content_ = std::string_view(text_);  // a short text has not stayed where it was
  other.clear();
  return *this;
}

void Body::own(std::string text) {
  text_ = std::move(text);
  content_ = std::string_view(text_);
}

void Body::append(std::string_view text) {
  if (holds_own_text()) {
    text_.append(text);
    std::get<std::string_view>(content_) = text_;
  } else {
    text_.assign(text);
    content_ = std::string_view(text_);
  }
}

bool Body::holds_own_text() const noexcept {
  const auto* text = std::get_if<std::string_view>(&content_);
  return text != nullptr && text->data() == text_.data();
}

void Body::stream(std::unique_ptr<BodySource> source, std::optional<std::uint64_t> size) {
  content_ = Source{std::move(source), size};
}

void Body::clear() noexcept {
  content_ = std::monostate{};
  text_.clear();
}

std::optional<std::uint64_t> Body::size() const noexcept {
  struct Size {
    std::optional<std::uint64_t> operator()(std::monostate) const { return 0; }
    std::optional<std::uint64_t> operator()(std::string_view text) const { return text.size(); }
    std::optional<std::uint64_t> operator()(const FileSlice& slice) const { return slice.size; }
    std::optional<std::uint64_t> operator()(const FileParts& parts) const {
      std::uint64_t total = parts.end.size();
      for (const FileParts::Part& part : parts.parts) total += part.before.size() + part.size;
      return total;
    }
    std::optional<std::uint64_t> operator()(const Source& source) const { return source.size; }
  };
  return std::visit(Size{}, content_);
}

}  // namespace catena
