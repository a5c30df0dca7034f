#include "catena/http/body.hpp"

#include <utility>

namespace catena {

void Body::own(std::string text) {
  text_ = std::move(text);
  content_ = std::string_view(text_);
}

void Body::append(std::string_view text) {
  const auto* current = std::get_if<std::string_view>(&content_);
  if (current == nullptr || current->data() != text_.data()) text_.clear();
  text_.append(text);
  content_ = std::string_view(text_);
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
    std::optional<std::uint64_t> operator()(const Source& source) const { return source.size; }
  };
  return std::visit(Size{}, content_);
}

}  // namespace catena
