// Serves the file that the path names beneath the document root: media type, validators, 304 when
// the client has it already, and the bytes sent by the kernel. Where a compressed copy lies beside
// the file ("app.js.br"), a client that takes it gets that. It stands at the end of a chain, and
// never calls next.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catena/fs/document_root.hpp"
#include "catena/http/accept.hpp"
#include "catena/http/conditional.hpp"
#include "catena/http/date.hpp"
#include "catena/http/etag.hpp"
#include "catena/http/last_tick.hpp"
#include "catena/http/mime.hpp"
#include "catena/http/range_response.hpp"
#include "catena/http/target.hpp"
#include "catena/http/text.hpp"
#include "catena/plugin/plugin.hpp"
#include "catena/runtime/log.hpp"

namespace catena::plugins {
namespace {

enum class Coding : std::uint8_t { br, zstd, gzip };

struct Options {
  std::map<std::string, std::string, std::less<>> types;
  std::vector<Coding> precompressed{Coding::br, Coding::zstd, Coding::gzip};
};

/// As it is looked up: without the dot, in lower case.
bool is_extension(const std::string& key) {
  return !key.empty() && key.find_first_of("./") == std::string::npos &&
         std::all_of(key.begin(), key.end(), [](char c) { return c == to_lower(c); });
}

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields
      .add("types", &Options::types,
           "Media types by extension, before the built-in table: {\"md\": \"text/plain\"}.")
      .key(is_extension, "an extension in lower case, without the dot", "^[^./A-Z]+$")
      .each([](const std::string& type) { return is_media_type(type); }, "a media type",
            R"(^[^/\s]+/[^/\s])");
  fields
      .add("precompressed", &Options::precompressed,
           "Content codings of which a copy may lie beside a file: name.br, name.zst, name.gz. Of "
           "those that a client likes alike, the first is sent.")
      .choices({{"br", Coding::br}, {"zstd", Coding::zstd}, {"gzip", Coding::gzip}});
  return fields;
}

/// As Content-Encoding calls it.
constexpr std::string_view name_of(Coding coding) {
  switch (coding) {
    case Coding::br: return "br";
    case Coding::zstd: return "zstd";
    default: return "gzip";
  }
}

constexpr std::string_view ending_of(Coding coding) {
  switch (coding) {
    case Coding::br: return ".br";
    case Coding::zstd: return ".zst";
    default: return ".gz";
  }
}

std::string_view why(OpenError error) {
  switch (error) {
    case OpenError::not_found: return "there is nothing at this path beneath the root";
    case OpenError::busy: return "descriptors or memory have run out";
    default: return "outside the root, not readable, or no regular file";
  }
}

Status to_status(OpenError error) {
  switch (error) {
    case OpenError::not_found: return Status::not_found;
    case OpenError::busy: return Status::service_unavailable;
    default: return Status::forbidden;
  }
}

/// Whether a compressed copy was made before its file was modified. Some tools (brotli) carry the
/// file's time over in whole seconds: such a time is compared by the second.
bool is_older(std::int64_t copy, std::int64_t file) {
  constexpr std::int64_t second = 1'000'000'000;
  return copy < (copy % second == 0 ? file - file % second : file);
}

/// Tells the log of compressed copies that are older than their files, of each one once. Any
/// thread.
class OutdatedCopies {
 public:
  void tell(const DocumentRoot& root, std::string_view path, std::string_view ending) const {
    thread_local std::string copy;
    copy.assign(path).append(ending);
    {
      const std::lock_guard lock(mutex_);
      if (told_.size() >= most_told || !told_.insert(copy).second) return;
    }
    const std::string name = root.directory().string() + copy;
    log::warn(log::quoted(name) +
              " is older than the file that it is a compressed copy of, and is not sent; compress "
              "the file again");
  }

 private:
  static constexpr std::size_t most_told = 1000;
  mutable std::mutex mutex_;
  mutable std::set<std::string> told_;
};

/// One of the forms that a file is there in.
struct Representation {
  Opened opened;
  std::string_view coding;  ///< empty for the file itself
  bool varies = false;      ///< there are others
};

class StaticFile final : public Handler {
 public:
  explicit StaticFile(Options options)
      : types_(std::move(options.types)), codings_(std::move(options.precompressed)) {
    for (const Coding coding : codings_) endings_.push_back(ending_of(coding));
  }

  void handle(Exchange& exchange, Next&) const override {
    Response& response = exchange.response;
    if (exchange.request.method != "GET" && exchange.request.method != "HEAD") {
      exchange.note("files are for GET and HEAD");
      response.set_status(Status::method_not_allowed);
      response.headers.set("Allow", "GET, HEAD");
      return;
    }
    if (exchange.path().empty()) return response.set_status(Status::not_found);
    if (exchange.root == nullptr) throw std::logic_error("there is no document root to serve from");
    Opened opened = exchange.root->open(exchange.path());
    if (opened.error != OpenError::none) {
      exchange.note(why(opened.error), ": ", exchange.path());
      return response.set_status(to_status(opened.error));
    }
    if (opened.is_directory) return answer_directory(exchange);
    const bool single = exchange.root->has_none_beside(opened, endings_);
    answer_file(exchange, single ? Representation{std::move(opened), {}, false}
                                 : choose(exchange, std::move(opened)));
  }

 private:
  /// A directory is served with a slash at the end, so that relative links on its page come out
  /// right.
  static void answer_directory(Exchange& exchange) {
    const std::string_view path = exchange.path();
    if (path.back() == '/') {
      exchange.note("directories are not listed");
      return exchange.response.set_status(Status::forbidden);
    }
    exchange.note("a directory's path ends with a slash");
    thread_local std::string location;
    location.clear();
    append_encoded_path(location, path);
    location.push_back('/');
    if (exchange.request.target.has_query) {
      location.append("?").append(exchange.request.target.query);
    }
    exchange.response.redirect(Status::moved_permanently, location);
  }

  /// The form of the file that the client likes best.
  Representation choose(Exchange& exchange, Opened file) const {
    const RequestHeaders& headers = exchange.request.headers;
    Representation best;
    int best_quality = 0;
    bool varies = false;
    for (const Coding coding : codings_) {
      Opened copy;
      if (!varies) {  // what the client likes matters once there is a copy
        copy = open_copy(exchange, coding, file);
        if (!copy.file) continue;
        varies = true;
        best_quality = coding_quality(headers, "identity");
      }
      const int quality = coding_quality(headers, name_of(coding));
      const bool better =
          best.coding.empty() ? quality > 0 && quality >= best_quality : quality > best_quality;
      if (!better) continue;
      if (!copy.file) copy = open_copy(exchange, coding, file);
      if (!copy.file) continue;
      best = {std::move(copy), name_of(coding), true};
      best_quality = quality;
    }
    best.varies = varies;
    if (best.coding.empty()) {
      best.opened = std::move(file);
    } else {
      exchange.note("Accept-Encoding asks for ", best.coding);
    }
    return best;
  }

  /// The compressed copy beside the exchange's file; without a file in it when there is none that
  /// may be sent.
  Opened open_copy(const Exchange& exchange, Coding coding, const Opened& file) const {
    Opened copy = exchange.root->open_beside(file, exchange.path(), ending_of(coding));
    if (copy.file && is_older(copy.modified, file.modified)) {
      outdated_.tell(*exchange.root, exchange.path(), ending_of(coding));
      copy.file = OpenFile();
    }
    return copy;
  }

  void answer_file(Exchange& exchange, Representation chosen) const {
    const Request& request = exchange.request;
    Response& response = exchange.response;
    Opened& opened = chosen.opened;
    std::optional<ReadyValidators> made;
    if (opened.validators == nullptr) {
      made.emplace(opened.modified, opened.size, last_tick_in_ns<std::chrono::system_clock>());
    }
    const ReadyValidators& validators = made ? *made : *opened.validators;
    const FileTag tag =
        chosen.coding.empty() ? validators.tag : validators.tag.with_coding(chosen.coding);
    const Validators current{tag.tag(), validators.seconds, validators.last_modified};
    const Precondition precondition =
        evaluate_preconditions(request.method, request.headers, current);
    const bool holds = precondition == Precondition::holds;
    const std::string_view type = holds ? configured_type(exchange.path()) : std::string_view{};
    // Where nobody has set a field before, there is none to replace.
    const ReadyFields* const ready =
        chosen.coding.empty() && response.headers.size() == 0 ? opened.fields : nullptr;
    const bool all_is_ready =
        ready != nullptr && holds && type.empty() && !request.headers.has("Range");
    if (ready != nullptr) {
      response.headers.add(ready->lines, all_is_ready ? SIZE_MAX : ReadyFields::validators);
    } else {
      response.headers.set("Last-Modified", validators.last_modified);
      response.headers.set("ETag", tag.text());
    }
    // With compressed copies there the response varies, whichever is sent (RFC 9110
    // section 12.5.5).
    if (chosen.varies) response.headers.set("Vary", "Accept-Encoding");

    switch (precondition) {
      case Precondition::not_modified:
        exchange.note("the client has it already");
        return response.set_status(Status::not_modified);
      case Precondition::failed:
        exchange.note("If-Match or If-Unmodified-Since does not hold");
        response.drop_content();
        return response.set_status(Status::precondition_failed);
      case Precondition::holds: break;
    }
    FileSlice whole{std::move(opened.file), 0, opened.size, opened.modified};
    if (all_is_ready) {
      response.set_status(Status::ok);
      return response.body.file(std::move(whole));
    }
    response.headers.set("Accept-Ranges", "bytes");
    if (!chosen.coding.empty()) response.headers.set("Content-Encoding", chosen.coding);
    const RangeSet ranges = request.method == "GET"
                                ? RangeSet::evaluate(request.headers, opened.size, current)
                                : RangeSet{};
    answer_ranges(response, ranges, std::move(whole),
                  type.empty() ? media_type_of(exchange.path()) : type);
  }

  /// The media type that the configuration gives to files of that extension; empty when it gives
  /// none.
  std::string_view configured_type(std::string_view path) const {
    if (types_.empty()) return {};
    const std::string_view name = path.substr(path.rfind('/') + 1);
    const std::size_t dot = name.rfind('.');
    if (dot == std::string_view::npos || dot == 0) return {};
    std::string extension(name.substr(dot + 1));
    std::transform(extension.begin(), extension.end(), extension.begin(), to_lower);
    const auto found = types_.find(extension);
    return found == types_.end() ? std::string_view{} : std::string_view(found->second);
  }

  std::map<std::string, std::string, std::less<>> types_;
  std::vector<Coding> codings_;
  std::vector<std::string_view> endings_;  ///< theirs
  OutdatedCopies outdated_;
};

}  // namespace

Plugin static_file() {
  Plugin plugin =
      describe("static_file", "Serves files from beneath the document root.", fields(),
               [](Options options) { return std::make_unique<StaticFile>(std::move(options)); });
  plugin.needs_root = true;
  plugin.passes_on = false;
  return plugin;
}

}  // namespace catena::plugins
