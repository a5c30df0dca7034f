#include <catena/http/status.hpp>
#include <exception>
#include <map>
#include <string>
#include <string_view>

#include "support/catch.hpp"

namespace {

using namespace catena;

// The IANA registry of status codes, without those marked as unused.
const std::map<int, std::string_view> kRegistered = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {102, "Processing"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {207, "Multi-Status"},
    {208, "Already Reported"},
    {226, "IM Used"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {305, "Use Proxy"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {425, "Too Early"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {506, "Variant Also Negotiates"},
    {507, "Insufficient Storage"},
    {508, "Loop Detected"},
    {510, "Not Extended"},
    {511, "Network Authentication Required"},
};

}  // namespace

TEST_CASE("the reason phrase is the registered one, or empty", "[http][status]") {
  for (int number = 100; number <= 999; ++number) {
    const auto found = kRegistered.find(number);
    CAPTURE(number);
    CHECK(reason_phrase(static_cast<Status>(number)) ==
          (found == kRegistered.end() ? std::string_view() : found->second));
  }
}

TEST_CASE("classes of status", "[http][status]") {
  for (int number = 100; number <= 999; ++number) {
    const auto status = static_cast<Status>(number);
    CAPTURE(number);
    CHECK(code(status) == number);
    CHECK(is_informational(status) == (number < 200));
    CHECK(is_error(status) == (number >= 400));
  }
}

TEST_CASE("an HttpError carries its status", "[http][status]") {
  try {
    throw HttpError(Status::conflict, "why");
  } catch (const std::exception& error) {
    CHECK(std::string(error.what()) == "why");
    const auto* http_error = dynamic_cast<const HttpError*>(&error);
    REQUIRE(http_error != nullptr);
    CHECK(http_error->status() == Status::conflict);
  }
}
