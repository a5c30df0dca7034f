#include "catena/config/document.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "catena/http/text.hpp"
#include "catena/http/unique_fd.hpp"

namespace catena::config {

/// What the values of one document share: its name, and for each value the way to it, so that a
/// value carries a number instead of a pointer text.
class Origin {
 public:
  static constexpr std::uint32_t root = 0;

  Origin(std::string file, std::filesystem::path directory)
      : file_(std::move(file)), directory_(std::move(directory)), nodes_(1) {}

  const std::string& file() const noexcept { return file_; }
  const std::filesystem::path& directory() const noexcept { return directory_; }

  std::uint32_t add_item(std::uint32_t parent, std::size_t index) {
    nodes_.push_back({parent, static_cast<std::uint32_t>(index), no_key});
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }
  std::uint32_t add_member(std::uint32_t parent, std::string_view key) {
    nodes_.push_back(
        {parent, static_cast<std::uint32_t>(keys_.size()), static_cast<std::uint32_t>(key.size())});
    keys_ += key;
    return static_cast<std::uint32_t>(nodes_.size() - 1);
  }

  std::string pointer(std::uint32_t node) const {
    std::vector<std::uint32_t> way;
    for (; node != root; node = nodes_[node].parent) way.push_back(node);
    std::string out;
    for (auto at = way.rbegin(); at != way.rend(); ++at) {
      out += '/';
      append_token(out, nodes_[*at]);
    }
    return out;
  }

 private:
  static constexpr std::uint32_t no_key = std::numeric_limits<std::uint32_t>::max();

  struct Node {
    std::uint32_t parent = root;
    std::uint32_t at = 0;  // the index in an array, or where the key stands in keys_
    std::uint32_t key_size = no_key;
  };

  void append_token(std::string& out, const Node& node) const {
    if (node.key_size == no_key) {
      out += std::to_string(node.at);
      return;
    }
    for (const char c : std::string_view(keys_).substr(node.at, node.key_size)) {
      if (c == '~') {
        out += "~0";
      } else if (c == '/') {
        out += "~1";
      } else {
        out += c;
      }
    }
  }

  std::string file_;
  std::filesystem::path directory_;
  std::vector<Node> nodes_;
  std::string keys_;
};

std::string_view Value::kind_name() const noexcept {
  switch (kind()) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "true or false";
    case Kind::integer:
    case Kind::number:
      return "a number";
    case Kind::string:
      return "a string";
    case Kind::array:
      return "an array";
    case Kind::object:
      return "an object";
  }
  return "nothing";
}

double Value::as_number() const {
  if (kind() == Kind::integer) return static_cast<double>(as_integer());
  return std::get<Number>(payload_).value;
}

std::string Value::number_text() const {
  if (kind() == Kind::integer) return std::to_string(as_integer());
  return std::get<Number>(payload_).text;
}

std::span<const Value> Value::items() const noexcept {
  const auto* items = std::get_if<std::vector<Value>>(&payload_);
  return items != nullptr ? std::span<const Value>(*items) : std::span<const Value>();
}

std::span<const Member> Value::members() const noexcept {
  const auto* members = std::get_if<std::vector<Member>>(&payload_);
  return members != nullptr ? std::span<const Member>(*members) : std::span<const Member>();
}

const Value* Value::find(std::string_view key) const noexcept {
  for (const Member& member : members()) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

std::string Value::pointer() const {
  return origin_ ? origin_->pointer(node_) : std::string();
}

const std::string& Value::file() const noexcept {
  static const std::string none;
  return origin_ ? origin_->file() : none;
}

const std::filesystem::path& Value::directory() const noexcept {
  static const std::filesystem::path none;
  return origin_ ? origin_->directory() : none;
}

Diagnostic Value::problem(std::string message) const {
  return {file(), position_, pointer(), std::move(message)};
}

Diagnostic Value::problem_at_key(const Member& member, std::string message) const {
  return {file(), member.key_position, member.value.pointer(), std::move(message)};
}

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Turns offsets, which must not go back, into positions.
class Locator {
 public:
  explicit Locator(std::string_view text)
      : text_(text), at_(text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0) {}

  Position locate(std::size_t offset) {
    for (; at_ < offset; ++at_) {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte == '\n') {
        ++position_.line;
        position_.column = 1;
      } else if ((byte & 0xc0) != 0x80) {
        ++position_.column;
      }
    }
    return position_;
  }

 private:
  std::string_view text_;
  std::size_t at_;
  Position position_{1, 1};
};

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

bool is_white_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_separator(char c) {
  return c == ',' || c == ':';
}

/// Where the comment that begins at `at` ends; `at` itself when none does, or when it has no end.
std::size_t after_comment(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) == "//") return std::min(text.find_first_of("\r\n", at), text.size());
  if (text.substr(at, 2) != "/*") return at;
  const std::size_t end = text.find("*/", at + 2);
  return end == std::string_view::npos ? at : end + 2;
}

std::size_t after_space(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (is_white_space(text[at])) {
      ++at;
      continue;
    }
    const std::size_t end = after_comment(text, at);
    if (end == at) break;
    at = end;
  }
  return at;
}

/// Where a number ends that the parser has accepted.
std::size_t after_number(std::string_view text, std::size_t at) {
  const auto has = [&](std::string_view any) {
    return at < text.size() && any.find(text[at]) != std::string_view::npos;
  };
  const auto skip_digits = [&] {
    while (has("0123456789")) ++at;
  };
  if (has("-")) ++at;
  if (has("0")) {
    ++at;
  } else {
    skip_digits();
  }
  if (has(".")) {
    ++at;
    skip_digits();
  }
  if (has("eE")) {
    ++at;
    if (has("+-")) ++at;
    skip_digits();
  }
  return at;
}

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
  return out;
}

/// The bare word that stands there, or the one character.
std::string_view word_at(std::string_view text, std::size_t at) {
  const auto is_word_char = [](char c) { return is_token_char(c) && c != '\'' && c != '`'; };
  std::size_t end = at;
  while (end < text.size() && is_word_char(text[end])) ++end;
  if (end == at && end < text.size()) ++end;
  return text.substr(at, end - at);
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

namespace {

std::string reading_failed(int error) {
  switch (error) {
    case ENOENT:
      return "there is no such file; check the path";
    case EACCES:
      return "permission denied; let the user that runs the server read it";
    case EISDIR:
      return "is a directory; name the file in it";
    default:
      return "can't be read: " + std::generic_category().message(error);
  }
}

/// The contents, or errno.
std::variant<std::string, int> contents(const std::filesystem::path& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return errno;
  std::string text;
  constexpr std::size_t step = std::size_t{64} << 10;
  // One byte too many is enough to refuse a device or a pipe without end.
  while (text.size() <= largest_file) {
    const std::size_t before = text.size();
    text.resize(before + step);
    const ssize_t count = ::read(file.get(), text.data() + before, step);
    const int error = errno;
    text.resize(before + (count > 0 ? static_cast<std::size_t>(count) : 0));
    if (count == 0) break;
    if (count < 0 && error != EINTR) return error;
  }
  return text;
}

}  // namespace

std::optional<Value> read_file(const std::filesystem::path& path, Diagnostics& diagnostics) {
  const auto read = contents(path);
  if (const int* error = std::get_if<int>(&read)) {
    diagnostics.add({path.string(), {}, {}, reading_failed(*error)});
    return std::nullopt;
  }
  return parse(std::get<std::string>(read), path.string(), path.parent_path(), diagnostics);
}

}  // namespace catena::config
