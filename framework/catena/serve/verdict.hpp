#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
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

/// Whom to tell. It is called by the thread that runs the server: once with the verdict, and before
/// that, now and then, with what the reload is at.
class TellVerdict {
 public:
  using Tell = std::function<void(const Verdict&)>;
  using Meanwhile = std::function<void(const std::string&)>;

  template <typename Function>
  requires(!std::same_as<Function, TellVerdict> && std::convertible_to<Function, Tell>)
      TellVerdict(Function tell, Meanwhile meanwhile = {})
      : tell_(std::move(tell)), meanwhile_(std::move(meanwhile)) {}

  void operator()(const Verdict& verdict) const { tell_(verdict); }
  void meanwhile(const std::string& text) const {
    if (meanwhile_) meanwhile_(text);
  }

 private:
  Tell tell_;
  Meanwhile meanwhile_;
};

}  // namespace catena
