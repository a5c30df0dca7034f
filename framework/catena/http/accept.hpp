#pragma once

#include <string_view>

#include "catena/export.hpp"
#include "catena/http/headers.hpp"

namespace catena {

/// How much a client likes a media type, in thousandths, by its Accept field: the quality of the
/// most specific range that matches (RFC 9110 section 12.5.1), 0 when none does. Parameters other
/// than "q" make a range match nothing here, because types are asked for without parameters.
CATENA_API int quality(std::string_view accept, std::string_view media_type) noexcept;

/// How much a client asks for a content coding ("br", "gzip", "identity"), in thousandths, by all
/// of its Accept-Encoding lines (RFC 9110 section 12.5.3); 0 when it does not take it. Without such
/// a line it asks for nothing but "identity". Where "identity" is not ruled out, it counts 1 at
/// least: below everything that is named with a greater weight, but taken.
CATENA_API int coding_quality(const RequestHeaders& headers, std::string_view coding) noexcept;

}  // namespace catena
