// Media types (RFC 9110, section 8.3.1): which one a file has, and whether a string is one.
//
// A file's type comes from its name alone, through a table generated from mime-db; how that table
// chooses between several types for one extension is told at the head of mime_table.mjs.
#pragma once

#include <catena/export.hpp>
#include <string_view>

namespace catena {

/// The value of Content-Type for a file of this name, judged by its extension without regard to
/// ASCII case; "application/octet-stream" when there is no extension or it is unknown.
///
/// `file_name` may be a path; what stands before the last '/' does not count. The extension is what
/// follows the last '.' of the rest; a leading '.' begins no extension, so ".html" has none.
///
/// "; charset=utf-8" is part of the value for text/* and JavaScript. XML types go without, because
/// a document states its own encoding (RFC 7303, section 3); JSON types too, because they have no
/// such parameter (RFC 8259, section 11).
///
/// The view is of constant data, valid as long as the library is loaded. Allocates nothing, looks
/// at no locale, may be called from any thread.
CATENA_API std::string_view media_type_of(std::string_view file_name) noexcept;

/// Whether `text` is a whole media-type of RFC 9110, section 8.3.1: type "/" subtype, both tokens,
/// then parameters "name=value", each behind a ";" with optional spaces and tabs around it, each
/// value a token or a quoted-string. As the grammar has it, a ";" may stand without a parameter,
/// and no whitespace is taken around "/" or "=", before the type, or at the end behind a parameter.
///
/// Syntax only: the type need not be registered, nor a parameter's name be unique.
CATENA_API bool is_media_type(std::string_view text) noexcept;

}  // namespace catena
