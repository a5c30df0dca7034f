#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace catena {

/// How a reload ended.
struct Verdict {
  enum class Kind : std::uint8_t {
    done,    ///< the new configuration is served
    wrong,   ///< the new configuration is wrong; the old one is served still
    failed,  ///< it could not be begun, for one of its handlers or addresses; the old one is served
  };
  Kind kind = Kind::failed;
  std::vector<std::string> lines;  ///< what changed, the diagnostics, or the reason
};

/// Whom to tell. It is called once, by the thread that runs the server.
using TellVerdict = std::function<void(const Verdict&)>;

}  // namespace catena
