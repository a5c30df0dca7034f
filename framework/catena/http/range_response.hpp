#pragma once

#include <string_view>

#include "catena/export.hpp"
#include "catena/http/range.hpp"
#include "catena/http/response.hpp"

namespace catena {

/// Answers with what the ranges ask for of a whole file: 200 with all of it, 206 with one range,
/// 206 with several as multipart/byteranges (RFC 9110 sections 14.4 to 14.6), or 416. Sets the
/// status, the body, Content-Type and Content-Range; validators and the like are the caller's.
CATENA_API void answer_ranges(Response& response, const RangeSet& set, FileSlice whole,
                              std::string_view media_type);

}  // namespace catena
