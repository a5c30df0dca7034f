#include "server/commands/request_options.hpp"

#include <algorithm>
#include <iostream>
#include <string_view>

#include "catena/http/text.hpp"

namespace catena::server {
namespace {

bool add_field(const std::string& text, RehearsedRequest& request) {
  const std::size_t colon = text.find(':');
  const std::string_view name = std::string_view(text).substr(0, std::min(colon, text.size()));
  const std::string_view value = colon == std::string::npos
                                     ? std::string_view()
                                     : trimmed(std::string_view(text).substr(colon + 1));
  if (colon == std::string::npos || !is_token(name) || !is_field_value(value)) {
    std::cerr << "catena: -H \"" << text << "\": expected a field, as in -H 'Accept: text/html'\n";
    return false;
  }
  request.fields.emplace_back(name, value);
  return true;
}

}  // namespace

void add_field_option(CLI::App& command, std::vector<std::string>& fields) {
  command.add_option("-H,--header", fields, "A field of the request; more than once")
      ->type_name("'NAME: VALUE'")
      ->allow_extra_args(false);
}

bool add_fields(const std::vector<std::string>& fields, RehearsedRequest& request) {
  return std::all_of(fields.begin(), fields.end(),
                     [&request](const std::string& field) { return add_field(field, request); });
}

}  // namespace catena::server
