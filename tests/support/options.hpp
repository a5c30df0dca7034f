#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "catena/testing/test_chain.hpp"

namespace catena::testing {

/// What is said about wrong options of a plugin, a line each; "" when nothing is wrong with them.
/// They stand in a file that is called "options".
inline std::string complaints(const Plugin& plugin, std::string_view options) {
  try {
    TestChain().add(plugin, options);
    return {};
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

}  // namespace catena::testing
