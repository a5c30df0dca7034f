#pragma once

#include <span>
#include <string_view>

namespace catena::server {

/// A file of server/template/, which is part of the binary.
struct TemplateFile {
  std::string_view name;
  std::string_view text;
};

/// The project that `catena new plugin` writes, of a plugin that is called new_plugin.
extern const std::span<const TemplateFile> plugin_template;

}  // namespace catena::server
