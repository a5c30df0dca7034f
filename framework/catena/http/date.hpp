#pragma once

#include <array>
#include <ctime>
#include <optional>
#include <string_view>

#include "catena/export.hpp"

namespace catena {

/// An HTTP-date as it is sent: IMF-fixdate, always 29 characters (RFC 9110 section 5.6.7).
class CATENA_API HttpDate {
 public:
  /// Seconds since the epoch; years 0 to 9999.
  explicit HttpDate(std::time_t time) noexcept;
  operator std::string_view() const noexcept { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 29> text_;
};

/// Reads the three forms that a recipient must accept: IMF-fixdate, RFC 850 (its two-digit year is
/// taken as the latest that leaves the date no more than 50 years in the future) and asctime.
/// Nothing for anything else, a date that does not exist among them.
CATENA_API std::optional<std::time_t> parse_http_date(std::string_view text) noexcept;

/// The Date of a response sent now. The view belongs to the calling thread and holds until it calls
/// again; the text is made anew once a second.
CATENA_API std::string_view current_http_date() noexcept;

}  // namespace catena
