#include "catena/config/document.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>

#include "catena/config/origin.hpp"
#include "catena/config/scan.hpp"

namespace catena::config {
namespace {

/// What the parser reads from. All copies tell the same counter how far they have come.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(std::string_view text, std::size_t at, std::size_t* consumed)
      : text_(text.data()), at_(at), consumed_(consumed) {}

  reference operator*() const { return text_[at_]; }
  CountingIterator& operator++() {
    *consumed_ = ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* text_;
  std::size_t at_;
  std::size_t* consumed_;
};

/// For messages, which are UTF-8 whatever the text is.
std::string cut(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::string out;
  for (const char c : text.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "<0x{:02X}>", byte);
    }
  }
  if (text.size() > longest) out += "…";
  return out;
}

/// "[json.exception…] parse error at line 3, column 5: syntax error while parsing object key -
/// what; last read: '…'; expected that" becomes "what; expected that".
std::string essence(std::string_view message) {
  if (const auto at = message.find(" - "); at != message.npos) message.remove_prefix(at + 3);
  const auto read = message.find("; last read: '");
  const auto expected = message.rfind("'; expected ");
  std::string out(message.substr(0, read));
  if (read != message.npos && expected != message.npos && expected > read) {
    out += message.substr(expected + 1);
  }
  // The end of an object or array is expected behind one of its values only, and so is a comma.
  for (const std::string_view end : {"; expected '}'", "; expected ']'"}) {
    if (out.ends_with(end)) out.insert(out.size() - 3, "',' or ");
  }
  return out;
}

}  // namespace

/// Builds values from the parser's events. An event comes when its token was read and nothing after
/// it (numbers apart), so a token begins at the first thing after the one before it that is neither
/// white space nor comment nor separator.
class DocumentBuilder {
 public:
  using Json = nlohmann::json;

  DocumentBuilder(std::string_view text, std::shared_ptr<Origin> origin, Diagnostics& diagnostics)
      : text_(text), origin_(std::move(origin)), diagnostics_(diagnostics), locator_(text) {
    if (text_.starts_with(byte_order_mark)) end_ = byte_order_mark.size();
  }

  std::optional<Value> build() {
    const CountingIterator first(text_, 0, &consumed_);
    const CountingIterator last(text_, text_.size(), &consumed_);
    if (!Json::sax_parse(first, last, this, Json::input_format_t::json, true, true)) {
      return std::nullopt;
    }
    return std::move(root_);
  }

  // The parser's events. False makes it stop.
  bool null() { return scalar({}); }
  bool boolean(bool value) { return scalar(value); }
  bool number_integer(std::int64_t value) { return number(value); }
  bool number_unsigned(std::uint64_t value) {
    if (std::in_range<std::int64_t>(value)) return number(static_cast<std::int64_t>(value));
    return number_float(static_cast<double>(value), {});
  }
  bool number_float(double value, const std::string&) {
    const std::size_t start = token_start();
    const std::size_t end = after_number(text_, start);
    return number(Value::Number{value, std::string(text_.substr(start, end - start))});
  }
  bool string(std::string& value) { return scalar(std::move(value)); }
  bool binary(Json::binary_t&) { return false; }

  bool start_object(std::size_t) { return open(std::vector<Member>()); }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(std::vector<Value>()); }
  bool end_array() { return close(); }

  bool key(std::string& key) {
    Frame& frame = frames_.back();
    frame.key_position = locator_.locate(token_start());
    frame.key = std::move(key);
    end_ = consumed_;
    const auto [first, fresh] = frame.lines.try_emplace(frame.key, frame.key_position.line);
    frame.duplicate = !fresh;
    if (!fresh) {
      const std::uint32_t node = origin_->add_member(frame.value.node_, frame.key);
      report(frame.key_position, origin_->pointer(node),
             fmt::format("duplicate key; the first is on line {}", first->second));
    }
    return true;
  }

  bool parse_error(std::size_t, const std::string& token, const Json::exception& error) {
    constexpr int number_overflow = 406;
    if (error.id == number_overflow) {
      const std::size_t start = token_start();
      report(locator_.locate(start), {}, fmt::format("the number {} is too large", cut(token)));
      return false;
    }
    std::string what = essence(error.what());
    const std::size_t at = fault(what);
    if (const auto comma = comma_before_end(at)) {
      report(locator_.locate(*comma), {},
             fmt::format("syntax error: a comma with only '{}' behind it; remove it", text_[at]));
      return false;
    }
    if (constexpr std::string_view literal = "invalid literal"; what.starts_with(literal)) {
      what.insert(literal.size(), fmt::format(" '{}'", cut(word_at(text_, at))));
    }
    report(locator_.locate(at), {}, "syntax error: " + what);
    return false;
  }

 private:
  /// An array or object that is not closed yet.
  struct Frame {
    Value value;
    std::unordered_map<std::string, std::uint32_t> lines;  // of the keys so far
    std::string key;
    Position key_position;
    bool duplicate = false;
  };

  std::size_t token_start() const {
    std::size_t at = after_space(text_, end_);
    while (at < text_.size() && is_separator(text_[at])) at = after_space(text_, at + 1);
    return at;
  }

  /// Where the token begins that the parser could not use; where a string went wrong.
  std::size_t fault(std::string_view what) const {
    if (what.starts_with("unexpected end of input")) return text_.size();
    if (what.starts_with("invalid BOM")) return 0;
    if (what.starts_with("invalid string") && what.find("missing closing quote") == what.npos) {
      return consumed_ - 1;
    }
    // Separators are no events; the last one that was read is what is wrong.
    std::size_t at = after_space(text_, end_);
    while (at + 1 < consumed_ && is_separator(text_[at])) {
      const std::size_t next = after_space(text_, at + 1);
      if (next >= consumed_) break;
      at = next;
    }
    return at;
  }

  /// The comma after which the innermost array or object ends, at `at`.
  std::optional<std::size_t> comma_before_end(std::size_t at) const {
    if (at >= text_.size() || frames_.empty()) return std::nullopt;
    const bool in_array = frames_.back().value.kind() == Value::Kind::array;
    if (text_[at] != (in_array ? ']' : '}')) return std::nullopt;
    const std::size_t before = after_space(text_, end_);
    return before < at && text_[before] == ',' ? std::optional(before) : std::nullopt;
  }

  Value begin(Value::Payload payload) {
    Value value;
    value.origin_ = origin_;
    value.position_ = locator_.locate(token_start());
    value.payload_ = std::move(payload);
    if (!frames_.empty()) {
      const Frame& frame = frames_.back();
      const bool in_array = frame.value.kind() == Value::Kind::array;
      value.node_ = in_array ? origin_->add_item(frame.value.node_, frame.value.items().size())
                             : origin_->add_member(frame.value.node_, frame.key);
    }
    return value;
  }

  bool scalar(Value::Payload payload) {
    Value value = begin(std::move(payload));
    end_ = consumed_;
    return place(std::move(value));
  }

  bool number(Value::Payload payload) {
    Value value = begin(std::move(payload));
    end_ = after_number(text_, token_start());
    return place(std::move(value));
  }

  bool open(Value::Payload payload) {
    Value value = begin(std::move(payload));
    end_ = consumed_;
    if (frames_.size() == deepest_nesting) {
      report(value.position(), value.pointer(),
             fmt::format("arrays and objects stand more than {} deep in one another",
                         deepest_nesting));
      return false;
    }
    frames_.push_back({std::move(value), {}, {}, {}});
    return true;
  }

  bool close() {
    end_ = consumed_;
    Value value = std::move(frames_.back().value);
    frames_.pop_back();
    return place(std::move(value));
  }

  bool place(Value value) {
    if (frames_.empty()) {
      root_ = std::move(value);
      return true;
    }
    Frame& frame = frames_.back();
    if (auto* items = std::get_if<std::vector<Value>>(&frame.value.payload_)) {
      items->push_back(std::move(value));
    } else if (!frame.duplicate) {
      std::get<std::vector<Member>>(frame.value.payload_)
          .push_back({std::move(frame.key), frame.key_position, std::move(value)});
    }
    return true;
  }

  void report(Position position, std::string pointer, std::string message) {
    diagnostics_.add({origin_->file(), position, std::move(pointer), std::move(message)});
  }

  std::string_view text_;
  std::shared_ptr<Origin> origin_;
  Diagnostics& diagnostics_;
  Locator locator_;
  std::size_t consumed_ = 0;
  std::size_t end_ = 0;  // of the last token that was an event
  std::vector<Frame> frames_;
  Value root_;
};

std::optional<Value> parse(std::string_view text, std::string file_name,
                           std::filesystem::path directory, Diagnostics& diagnostics) {
  if (text.size() > largest_file) {
    diagnostics.add({std::move(file_name), {}, {}, "is larger than 16 MiB; is it the right file?"});
    return std::nullopt;
  }
  // To the parser a NUL is the end.
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    diagnostics.add({std::move(file_name),
                     Locator(text).locate(nul),
                     {},
                     "syntax error: a NUL byte; a configuration is UTF-8 text"});
    return std::nullopt;
  }
  auto origin = std::make_shared<Origin>(std::move(file_name), std::move(directory));
  return DocumentBuilder(text, std::move(origin), diagnostics).build();
}

}  // namespace catena::config
