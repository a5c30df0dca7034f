#pragma once

#include <string_view>

#include "catena/export.hpp"

namespace catena {

/// How much a client likes a media type, in thousandths, by its Accept field: the quality of the
/// most specific range that matches (RFC 9110 section 12.5.1), 0 when none does. Parameters other
/// than "q" make a range match nothing here, because types are asked for without parameters.
CATENA_API int quality(std::string_view accept, std::string_view media_type) noexcept;

}  // namespace catena
