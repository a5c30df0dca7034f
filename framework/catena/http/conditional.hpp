#pragma once

#include <ctime>
#include <optional>
#include <string_view>

#include "catena/export.hpp"
#include "catena/http/etag.hpp"
#include "catena/http/headers.hpp"

namespace catena {

/// What a representation can be recognised by. No tag, or no time, when there is none.
struct Validators {
  std::optional<EntityTag> tag;
  std::optional<std::time_t> last_modified;
  /// The same as responses tell it, if that is known: clients send it back as it was, and it need
  /// not be read then.
  std::string_view last_modified_text = {};
};

enum class Precondition {
  holds,         ///< go on with the method
  not_modified,  ///< answer 304
  failed,        ///< answer 412
};

/// Evaluates If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since in the order of RFC
/// 9110 section 13.2.2, for a representation that exists. A date that can't be read is ignored, and
/// so are the conditions on dates where the one on tags is there. Methods that neither select nor
/// change a representation, OPTIONS among them, have no preconditions (section 13.2.1).
CATENA_API Precondition evaluate_preconditions(std::string_view method,
                                               const RequestHeaders& headers,
                                               const Validators& current) noexcept;

}  // namespace catena
