// Gives every error response without a body one that a person can read, or problem+json (RFC 9457)
// when that is what the client asks for. It stands before what it decorates; status and fields
// stay, but for those that described the content that is not there. Pages of one's own come from a
// directory below the document root: 404.html there is the page for 404.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "catena/fs/document_root.hpp"
#include "catena/http/accept.hpp"
#include "catena/http/target.hpp"
#include "catena/http/text.hpp"
#include "catena/plugin/plugin.hpp"

namespace catena::plugins {
namespace {

struct Options {
  std::optional<std::string> directory;
};

bool is_directory_name(const std::string& name) {
  const std::filesystem::path path(name);
  return !name.empty() && path.is_relative() && name.find('\0') == std::string::npos &&
         std::find(path.begin(), path.end(), "..") == path.end();
}

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields
      .add("directory", &Options::directory,
           "Where pages of one's own are, named by status: 404.html.")
      .check(is_directory_name, "the name of a directory below the document root",
             R"(^(?!/)(?!(?:.*/)?\.\.(?:/|$))[^\u0000]+$)");
  return fields;
}

/// What a visitor can make of a status.
std::string_view meaning(Status status) {
  switch (status) {
    case Status::bad_request: return "The request could not be understood.";
    case Status::unauthorized: return "You have to sign in to see this.";
    case Status::forbidden: return "This is not for you to see.";
    case Status::not_found: return "There is nothing at this address.";
    case Status::method_not_allowed: return "This can't be done with what is here.";
    case Status::request_timeout: return "The request took too long to arrive.";
    case Status::gone: return "What was here is gone for good.";
    case Status::content_too_large: return "What was sent is too large.";
    case Status::uri_too_long: return "The address is too long.";
    case Status::too_many_requests: return "Too many requests came from you. Try again later.";
    case Status::internal_server_error: return "Something went wrong here. It has been noted.";
    case Status::not_implemented: return "This is something the server can't do.";
    case Status::bad_gateway: return "A server behind this one gave no good answer.";
    case Status::service_unavailable: return "The server can't answer just now. Try again later.";
    case Status::gateway_timeout: return "A server behind this one took too long to answer.";
    default:
      return code(status) < 500 ? "The request could not be answered."
                                : "Something went wrong here.";
  }
}

class StatusText {
 public:
  explicit StatusText(Status status) {
    std::to_chars(digits_.data(), digits_.data() + digits_.size(), code(status));
  }
  operator std::string_view() const { return {digits_.data(), digits_.size()}; }

 private:
  std::array<char, 3> digits_;
};

std::string_view title(Status status) {
  const std::string_view phrase = reason_phrase(status);
  return phrase.empty() ? "Error" : phrase;
}

/// What stands for the character in HTML; empty for one that stands for itself.
std::string_view escaped(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {};
  }
}

void append_escaped(std::string& out, std::string_view text) {
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const std::string_view replacement = escaped(text[at]);
    if (replacement.empty()) continue;
    out.append(text.substr(begin, at - begin)).append(replacement);
    begin = at + 1;
  }
  out.append(text.substr(begin));
}

void append_html_beginning(std::string& out, Status status) {
  const StatusText number(status);
  const auto append = [&out](auto... parts) { (out.append(parts), ...); };
  append("<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>", number, " ",
         title(status), "</title>\n",
         "<meta name=\"viewport\" content=\"width=device-width\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n"
         "<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto;"
         "padding:0 1.5rem}h1{font-size:1.6rem}code{overflow-wrap:anywhere}</style>\n<main>\n<h1>",
         number, " ", title(status), "</h1>\n<p>", meaning(status), "</p>\n");
}

/// Most errors have the status of the one before them: what is the same for all targets is made
/// anew for another. The view holds until the thread calls again.
std::string_view html_page(Status status, std::string_view target) {
  thread_local std::optional<Status> made_for;
  thread_local std::string page;
  thread_local std::size_t beginning = 0;
  if (made_for == status) {
    page.resize(beginning);
  } else {
    made_for.reset();
    page.clear();
    append_html_beginning(page, status);
    beginning = page.size();
    made_for = status;
  }
  if (!target.empty()) {
    page.append("<p><code>");
    append_escaped(page, target);
    page.append("</code></p>\n");
  }
  page.append("</main>\n");
  return page;
}

/// The path is percent-encoded, which leaves nothing that JSON would have to escape.
void append_problem(Body& body, Status status, std::string_view path) {
  thread_local std::string instance;
  instance.clear();
  append_encoded_path(instance, path);
  const auto append = [&body](auto... parts) { (body.append(parts), ...); };
  append("{\"title\": \"", title(status), "\", \"status\": ", StatusText(status),
         ", \"detail\": \"", meaning(status), "\"");
  if (!instance.empty()) append(", \"instance\": \"", instance, "\"");
  append("}\n");
}

/// What the client accepts. Several lines are one list (RFC 9110 section 5.3).
std::string_view accepted(const RequestHeaders& headers) {
  if (headers.count("Accept") < 2) return headers.find("Accept").value_or("*/*");
  thread_local std::string list;
  list.clear();
  for (const Field& field : headers) {
    if (equals_ignoring_case(field.name, "Accept")) list.append(field.value).append(",");
  }
  return list;
}

class ErrorPages final : public Handler {
 public:
  explicit ErrorPages(Options options) : directory_(std::move(options.directory)) {
    html_.add("Vary", "Accept");
    problem_.add(html_);
    html_.add("Content-Type", "text/html; charset=utf-8");
    problem_.add("Content-Type", "application/problem+json");
  }

  void handle(Exchange& exchange, Next& next) const override {
    next(exchange);
    Response& response = exchange.response;
    if (!is_error(response.status())) return;
    if (!response.body.empty()) return exchange.note("the error has a body already");
    const std::string_view accept = accepted(exchange.request.headers);
    response.drop_content();
    if (prefers_json(accept)) {
      exchange.note("the client prefers JSON");
      response.headers.add(problem_);
      append_problem(response.body, response.status(), exchange.request.target.path);
    } else {
      response.headers.add(html_);
      if (add_own_page(exchange)) return;
      response.body.append(html_page(response.status(), exchange.request.target.path));
    }
  }

 private:
  static bool prefers_json(std::string_view accept) {
    if (accept == "*/*") return false;
    const int json =
        std::max(quality(accept, "application/json"), quality(accept, "application/problem+json"));
    return json > quality(accept, "text/html");
  }

  bool add_own_page(Exchange& exchange) const {
    if (!directory_ || exchange.root == nullptr) return false;
    thread_local std::string path;
    path.clear();
    path.append("/").append(*directory_).append("/");
    path.append(StatusText(exchange.response.status())).append(".html");
    Opened page = exchange.root->open(path);
    if (page.error != OpenError::none || page.is_directory) return false;
    exchange.note("the page is ", path, " beneath the root");
    exchange.response.body.file({std::move(page.file), 0, page.size, page.modified});
    return true;
  }

  std::optional<std::string> directory_;
  // The fields of both kinds of pages.
  Headers html_;
  Headers problem_;
};

}  // namespace

Plugin error_pages() {
  return describe("error_pages", "Gives error responses without a body a readable one.", fields(),
                  [](Options options) { return std::make_unique<ErrorPages>(std::move(options)); });
}

}  // namespace catena::plugins
