#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catena/export.hpp"
#include "catena/serve/verdict.hpp"

/// What is said at the control socket: a line of JSON each way, but for what comes before a
/// verdict.
namespace catena::control {

inline constexpr std::size_t longest_command = 4096;
inline constexpr std::size_t longest_answer = std::size_t{1} << 20;

/// Who answers.
struct Status {
  long process = 0;
  std::string configuration;      ///< the file's absolute path; empty for the built-in one
  std::vector<std::string> urls;  ///< what it listens on
};

inline constexpr std::string_view ask_status = R"({"command":"status"})";
inline constexpr std::string_view ask_reload = R"({"command":"reload"})";

/// The command of a line; empty when there is none in it.
CATENA_API std::string command_of(std::string_view line);

/// Each ends with a line feed. Of a verdict that would be too long the last lines are left out, and
/// how many that are is said.
CATENA_API std::string to_line(const Status& status);
CATENA_API std::string to_line(const Verdict& verdict);
CATENA_API std::string refusal_line(std::string_view reason);
/// What a reload is at, told before its verdict, any number of times.
CATENA_API std::string meanwhile_line(std::string_view text);

/// Nothing when the line is something else.
CATENA_API std::optional<Status> read_status(std::string_view line);
CATENA_API std::optional<Verdict> read_verdict(std::string_view line);
CATENA_API std::optional<std::string> read_meanwhile(std::string_view line);

}  // namespace catena::control
