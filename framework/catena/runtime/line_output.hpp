#pragma once

#include <string>

#include "catena/http/unique_fd.hpp"

namespace catena {

/// What a LineSink writes to, open so that writing never waits. A regular file takes all that it is
/// given at once; what has a reader at the other end is asked first whether it can take something.
struct LineOutput {
  enum class Kind { file, stream, socket };
  UniqueFd fd;
  Kind kind = Kind::file;
};

/// A pipe or terminal is opened anew, so that it can be made not to block without changing that for
/// everybody who shares it. No descriptor when standard output is closed.
LineOutput open_line_standard_output() noexcept;

/// For appending, created when it is not there; errno tells why there is no descriptor. A FIFO is
/// opened for reading too: that needs no reader to be there, and what a reader leaves behind is
/// kept for the next.
LineOutput open_line_file(const std::string& path) noexcept;

}  // namespace catena
