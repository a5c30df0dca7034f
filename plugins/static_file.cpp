// Serves the file that the path names beneath the document root: media type, validators, 304 when
// the client has it already, and the bytes sent by the kernel. It stands at the end of a chain, and
// never calls next.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "catena/fs/document_root.hpp"
#include "catena/http/conditional.hpp"
#include "catena/http/date.hpp"
#include "catena/http/etag.hpp"
#include "catena/http/mime.hpp"
#include "catena/http/range_response.hpp"
#include "catena/http/target.hpp"
#include "catena/http/text.hpp"
#include "catena/plugin/plugin.hpp"

namespace catena::plugins {
namespace {

struct Options {
  std::map<std::string, std::string, std::less<>> types;
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
      .key(is_extension, "an extension in lower case, without the dot")
      .each([](const std::string& type) { return is_media_type(type); }, "a media type");
  return fields;
}

std::int64_t now_in_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

Status to_status(OpenError error) {
  switch (error) {
    case OpenError::not_found: return Status::not_found;
    case OpenError::busy: return Status::service_unavailable;
    default: return Status::forbidden;
  }
}

class StaticFile : public Handler {
 public:
  explicit StaticFile(Options options) : types_(std::move(options.types)) {}

  void handle(Exchange& exchange, Next&) const override {
    Response& response = exchange.response;
    if (exchange.request.method != "GET" && exchange.request.method != "HEAD") {
      response.set_status(Status::method_not_allowed);
      response.headers.set("Allow", "GET, HEAD");
      return;
    }
    if (exchange.path().empty()) return response.set_status(Status::not_found);
    if (exchange.root == nullptr) throw std::logic_error("there is no document root to serve from");
    Opened opened = exchange.root->open(exchange.path());
    if (opened.error != OpenError::none) return response.set_status(to_status(opened.error));
    if (opened.is_directory) return answer_directory(exchange);
    answer_file(exchange, std::move(opened));
  }

 private:
  /// A directory is served with a slash at the end, so that relative links on its page come out
  /// right.
  static void answer_directory(Exchange& exchange) {
    const std::string_view path = exchange.path();
    if (path.back() == '/') return exchange.response.set_status(Status::forbidden);
    thread_local std::string location;
    location.clear();
    append_encoded_path(location, path);
    location.push_back('/');
    if (exchange.request.target.has_query) {
      location.append("?").append(exchange.request.target.query);
    }
    exchange.response.redirect(Status::moved_permanently, location);
  }

  void answer_file(Exchange& exchange, Opened opened) const {
    Response& response = exchange.response;
    const std::int64_t now = now_in_ns();
    const FileTag tag(opened.modified, opened.size, now);
    // A Last-Modified in the future would be a lie by the time it is read (RFC 9110
    // section 8.8.2.1).
    const auto modified = static_cast<std::time_t>(std::min(opened.modified, now) / 1'000'000'000);
    response.headers.set("Last-Modified", HttpDate(modified));
    response.headers.set("ETag", tag.text());

    const Validators current{tag.tag(), modified};
    switch (evaluate_preconditions(exchange.request.method, exchange.request.headers, current)) {
      case Precondition::not_modified: return response.set_status(Status::not_modified);
      case Precondition::failed:
        response.drop_content();
        return response.set_status(Status::precondition_failed);
      case Precondition::holds: break;
    }
    response.headers.set("Accept-Ranges", "bytes");
    const RangeSet ranges = exchange.request.method == "GET"
                                ? RangeSet::evaluate(exchange.request.headers, opened.size, current)
                                : RangeSet{};
    answer_ranges(response, ranges, {std::move(opened.file), 0, opened.size, opened.modified},
                  media_type(exchange.path()));
  }

  std::string_view media_type(std::string_view path) const {
    if (!types_.empty()) {
      const std::string_view name = path.substr(path.rfind('/') + 1);
      const std::size_t dot = name.rfind('.');
      if (dot != std::string_view::npos && dot > 0) {
        std::string extension(name.substr(dot + 1));
        std::transform(extension.begin(), extension.end(), extension.begin(), to_lower);
        const auto found = types_.find(extension);
        if (found != types_.end()) return found->second;
      }
    }
    return media_type_of(path);
  }

  std::map<std::string, std::string, std::less<>> types_;
};

}  // namespace

Plugin static_file() {
  Plugin plugin =
      describe("static_file", "Serves files from beneath the document root.", fields(),
               [](Options options) { return std::make_unique<StaticFile>(std::move(options)); });
  plugin.needs_root = true;
  return plugin;
}

}  // namespace catena::plugins
