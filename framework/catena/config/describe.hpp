#pragma once

#include <string>

#include "catena/config/fields.hpp"
#include "catena/export.hpp"

namespace catena::config {

/// The sentence of an option, and its bounds as another one.
CATENA_API std::string explained(const FieldInfo& field);

/// The options as a Markdown table, for the documentation: option, type, default, what it does.
/// Those of nested objects follow theirs under dotted names; empty when there are no options.
CATENA_API std::string markdown_table(const FieldList& fields);

/// The options as paragraphs for a terminal, in the same order and with the same words.
CATENA_API std::string text_table(const FieldList& fields);

}  // namespace catena::config
