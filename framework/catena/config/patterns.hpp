#pragma once

/// Regular expressions (ECMA-262) for editors, beside the checks of the same names.
namespace catena::config {

/// is_token
inline constexpr const char* token_pattern = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
/// is_method_name
inline constexpr const char* method_pattern =
    "^(?!(?:connect|delete|get|head|options|patch|post|put|trace)$)"
    "[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
/// is_field_value
inline constexpr const char* field_value_pattern =
    "^(?:[^\\u0000-\\u0020\\u007f](?:[^\\u0000-\\u0008\\u000a-\\u001f\\u007f]*"
    "[^\\u0000-\\u0020\\u007f])?)?$";

}  // namespace catena::config
