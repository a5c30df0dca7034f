#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catena/config/diagnostics.hpp"
#include "catena/config/document.hpp"
#include "catena/config/fields.hpp"
#include "catena/export.hpp"

namespace catena {

struct Configuration;
class RehearsalWatch;

/// One entry of "expect" in a configuration: a request, and what its response must be.
struct Expectation {
  std::string request;                        ///< "GET /docs/", or a target alone
  std::map<std::string, std::string> with;    ///< fields of the request
  std::optional<std::uint16_t> status;        ///< nothing where any will do
  std::map<std::string, std::string> header;  ///< fields of the response; "*" is any value
  std::optional<std::string> body;            ///< text that the body must contain
};

CATENA_API config::Fields<Expectation> expectation_fields();

/// Runs all of them through the chain, without a socket, and reports those that are not met at the
/// values of the document that say what was expected. `list` is the document's "expect"; `watch`,
/// where there is one, knows what they are at.
CATENA_API void check_expectations(const std::vector<Expectation>& expectations,
                                   const config::Value& list, const Configuration& configuration,
                                   config::Diagnostics& diagnostics,
                                   RehearsalWatch* watch = nullptr);

}  // namespace catena
