#pragma once

#include <string>
#include <vector>

#include "catena/config/document.hpp"
#include "catena/export.hpp"

namespace catena {

/// What is different in a configuration that takes the place of another one, a line each. Settings
/// are shown with their values; options of handlers by their names only, as there may be secrets
/// among them. Chains among the options are compared as the outermost one is.
CATENA_API std::vector<std::string> what_changed(const config::Value& before,
                                                 const config::Value& after);

}  // namespace catena
