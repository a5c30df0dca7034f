#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "catena/http/unique_fd.hpp"

/// Takes over a descriptor of the process, such as standard error, and keeps what is written to it.
class CapturedOutput {
 public:
  explicit CapturedOutput(int fd)
      : fd_(fd),
        before_(::fcntl(fd, F_DUPFD_CLOEXEC, 10)),
        file_(::open("/tmp", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600)) {
    if (!before_ || !file_) throw std::runtime_error("can't capture output");
    ::dup2(file_.get(), fd_);
  }
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;
  ~CapturedOutput() { ::dup2(before_.get(), fd_); }

  std::string text() const {
    std::string all;
    char piece[4096];
    for (;;) {
      const ssize_t size =
          ::pread(file_.get(), piece, sizeof piece, static_cast<off_t>(all.size()));
      if (size <= 0) return all;
      all.append(piece, static_cast<std::size_t>(size));
    }
  }

 private:
  int fd_;
  catena::UniqueFd before_;
  catena::UniqueFd file_;
};
