#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "catena/serve/rehearsal.hpp"

namespace catena::server {

/// Adds -H to a command that sends requests.
void add_field_option(CLI::App& command, std::vector<std::string>& fields);

/// Adds what -H named to a request; false, with words on standard error, when one of them is no
/// "Name: value".
bool add_fields(const std::vector<std::string>& fields, RehearsedRequest& request);

}  // namespace catena::server
