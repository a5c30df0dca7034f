#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "catena/config/outside.hpp"
#include "catena/export.hpp"

namespace catena::config {

/// What is wrong with a text that takes something from the environment, as a message.
struct BadVariable {
  std::string message;
};

/// The text with "${NAME}" replaced by the value of that variable, and "${NAME:-text}" by that text
/// when the variable is not set or empty, as shells do; "$${" stands for "${" itself. What is put
/// in place is not looked at again.
CATENA_API std::variant<std::string, BadVariable> with_variables(std::string_view text,
                                                                 const Outside& outside);

}  // namespace catena::config
