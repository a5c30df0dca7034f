#include "catena/runtime/line_sink.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "catena/http/unique_fd.hpp"
#include "support/captured_output.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

using namespace catena;
using namespace std::chrono_literals;
using testing::TempDir;

namespace {

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// Puts a descriptor in the place of standard output for a while.
class StandardOutput {
 public:
  explicit StandardOutput(int fd) : before_(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10)) {
    if (fd >= 0) {
      ::dup2(fd, STDOUT_FILENO);
    } else {
      ::close(STDOUT_FILENO);
    }
  }
  StandardOutput(const StandardOutput&) = delete;
  StandardOutput& operator=(const StandardOutput&) = delete;
  ~StandardOutput() { ::dup2(before_.get(), STDOUT_FILENO); }

 private:
  UniqueFd before_;
};

/// Reads until nothing is there and the sink has nothing left.
std::string drain(int fd, LineSink& sink) {
  std::string all;
  for (bool flushed = false;;) {
    std::array<char, 4096> piece;
    const ssize_t size = ::read(fd, piece.data(), piece.size());
    if (size > 0) {
      all.append(piece.data(), static_cast<std::size_t>(size));
    } else if (flushed) {
      return all;
    } else {
      flushed = sink.flush(20ms);
    }
  }
}

constexpr std::size_t small = 8192;
const std::string long_line(200, 'x');

/// Writes lines until the sink's other side takes no more and the sink has lost some; how many.
std::size_t fill(LineSink& sink) {
  std::size_t written = 0;
  do {
    sink.write(long_line);
    ++written;
  } while (written % 30 != 0 || sink.flush(20ms));
  for (const std::uint64_t lost = sink.lost(); sink.lost() < lost + 1000; ++written) {
    sink.write(long_line);
  }
  return written;
}

}  // namespace

TEST_CASE("lines from many threads stay whole and in order") {
  const TempDir directory;
  const std::string path = (directory / "log").string();
  constexpr int threads = 8;
  constexpr int lines = 2000;
  LineSink sink("log", path);
  std::vector<std::thread> writers;
  for (int writer = 0; writer < threads; ++writer) {
    writers.emplace_back([&sink, writer] {
      for (int line = 0; line < lines; ++line) {
        sink.write(std::to_string(writer) + ' ' + std::to_string(line) + ' ' +
                   std::string(20, 'x'));
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  sink.stop();
  REQUIRE(sink.lost() == 0);

  std::istringstream in(testing::read_file(path));
  std::array<int, threads> next{};
  for (std::string line; std::getline(in, line);) {
    std::istringstream parts(line);
    std::size_t writer = threads;
    int number = -1;
    std::string rest;
    parts >> writer >> number >> rest;
    REQUIRE(writer < threads);
    REQUIRE(number == next[writer]++);
    REQUIRE(rest == std::string(20, 'x'));
  }
  for (const int count : next) CHECK(count == lines);
}

TEST_CASE("a file is created for its owner and group, and appended to") {
  const TempDir directory;
  const std::string path = (directory / "log").string();
  for (const char* line : {"one", "two"}) {
    LineSink sink("log", path);
    sink.write(line);
    REQUIRE(sink.flush(60s));
  }
  CHECK(testing::read_file(path) == "one\ntwo\n");
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777 & ~0640u) == 0);
}

TEST_CASE("a file that can't be opened is an error with its path and the reason") {
  const TempDir directory;
  CHECK_THROWS_WITH(
      LineSink("log", (directory / "none/log").string()),
      "can't open the file " + (directory / "none/log").string() + ": No such file or directory");
  CHECK_THROWS_WITH(LineSink("log", directory.path().string()),
                    "can't open the file " + directory.path().string() + ": Is a directory");
}

TEST_CASE("a FIFO that nobody reads loses lines, counts them, and recovers") {
  const CapturedOutput log(STDERR_FILENO);
  const TempDir directory;
  const std::string path = (directory / "fifo").string();
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  LineSink sink("access log", path, small);
  std::size_t written = fill(sink);

  const std::uint64_t lost_before = sink.lost();
  const auto start = std::chrono::steady_clock::now();
  for (int line = 0; line < 1000; ++line, ++written) sink.write(long_line);
  CHECK(std::chrono::steady_clock::now() - start < 1s);
  CHECK(sink.lost() == lost_before + 1000);
  CHECK_FALSE(sink.flush(0ms));

  const UniqueFd reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  const std::string read = drain(reader.get(), sink);
  CHECK(lines_in(read) + sink.lost() == written);
  std::istringstream in(read);
  for (std::string line; std::getline(in, line);) {
    REQUIRE(line == long_line);
  }
  CHECK_THAT(log.text(), ContainsSubstring("access log: " + std::to_string(sink.lost()) +
                                           " lines lost, because the file " + path +
                                           " could not take them in time\n"));

  const std::uint64_t lost = sink.lost();
  sink.write("recovered");
  CHECK(drain(reader.get(), sink) == "recovered\n");
  CHECK(sink.lost() == lost);
}

TEST_CASE("a sink that is stuck does not hold up the end") {
  const CapturedOutput log(STDERR_FILENO);
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  {
    const StandardOutput replaced(writer.get());
    LineSink sink("access log", "-", small);
    const std::size_t written = fill(sink);
    const auto start = std::chrono::steady_clock::now();
    sink.stop(50ms);
    CHECK(std::chrono::steady_clock::now() - start < 5s);
    writer.reset();
    std::string read(1 << 20, '\0');
    std::size_t size = 0;
    ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);
    for (;;) {
      const ssize_t got = ::read(reader.get(), read.data() + size, read.size() - size);
      if (got <= 0) break;
      size += static_cast<std::size_t>(got);
    }
    read.resize(size);
    CHECK(read.ends_with('\n'));
    CHECK(lines_in(read) + sink.lost() == written);
    const std::uint64_t lost = sink.lost();
    sink.write("too late");
    CHECK(sink.lost() == lost + 1);
  }
  CHECK_THAT(log.text(),
             ContainsSubstring("because standard output could not take them in time\n"));
}

TEST_CASE("flags of a shared standard output are left alone") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd reader(ends[0]);
  const UniqueFd writer(ends[1]);
  const StandardOutput replaced(writer.get());
  LineSink sink("log", "-");
  CHECK((::fcntl(writer.get(), F_GETFL) & O_NONBLOCK) == 0);
  ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);
  sink.write("a line");
  CHECK(drain(reader.get(), sink) == "a line\n");
  CHECK(sink.reopen());
  const std::string longer_than_a_pipe_takes_at_once(20000, 'x');
  sink.write(longer_than_a_pipe_takes_at_once);
  CHECK(drain(reader.get(), sink) == longer_than_a_pipe_takes_at_once + '\n');
}

TEST_CASE("standard output may be a socket, as under a service manager") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  const StandardOutput replaced(writer.get());
  LineSink sink("log", "-");
  ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);
  sink.write("a line");
  CHECK(drain(reader.get(), sink) == "a line\n");
}

TEST_CASE("standard output that is closed, or whose reader is gone, costs only lines") {
  const CapturedOutput log(STDERR_FILENO);
  SECTION("closed") {
    const StandardOutput replaced(-1);
    LineSink sink("access log", "-");
    sink.write("a line");
    CHECK(sink.flush(60s));
    CHECK(sink.lost() == 1);
    CHECK_THAT(log.text(),
               ContainsSubstring("access log: 1 line lost, because standard output could "
                                 "not take it: Bad file descriptor\n"));
  }
  SECTION("its reader is gone") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    UniqueFd reader(ends[0]);
    const UniqueFd writer(ends[1]);
    const StandardOutput replaced(writer.get());
    LineSink sink("access log", "-");
    reader.reset();
    sink.write("one");
    sink.write("two");
    CHECK(sink.flush(60s));
    CHECK(sink.lost() == 2);
    CHECK_THAT(log.text(), ContainsSubstring("2 lines lost, because standard output could not take "
                                             "them: Broken pipe\n"));
  }
}

TEST_CASE("a full disk costs only lines") {
  const CapturedOutput log(STDERR_FILENO);
  LineSink sink("access log", "/dev/full");
  sink.write("one");
  CHECK(sink.flush(60s));
  CHECK(sink.lost() == 1);
  CHECK_THAT(log.text(),
             ContainsSubstring("1 line lost, because the file /dev/full could not take it: "
                               "No space left on device\n"));
}

TEST_CASE("a line that no buffer holds is lost and said to be") {
  const CapturedOutput log(STDERR_FILENO);
  const TempDir directory;
  LineSink sink("log", (directory / "log").string(), small);
  sink.write(std::string(small, 'x'));
  sink.write(std::string(small - 1, 'y'));
  REQUIRE(sink.flush(60s));
  CHECK(sink.lost() == 1);
  CHECK(testing::read_file((directory / "log").string()) == std::string(small - 1, 'y') + '\n');
  CHECK_THAT(log.text(), ContainsSubstring("1 line lost"));
}

TEST_CASE("what is lost is said, though nobody asks") {
  const CapturedOutput log(STDERR_FILENO);
  const TempDir directory;
  // So many that the threads of some are asleep by then.
  constexpr std::size_t count = 20;
  std::vector<std::unique_ptr<LineSink>> sinks;
  for (std::size_t sink = 0; sink < count; ++sink) {
    sinks.push_back(std::make_unique<LineSink>("log", (directory / "log").string(), small));
    REQUIRE(sinks.back()->flush(60s));
  }
  for (const auto& sink : sinks) sink->write(std::string(small, 'x'));
  testing::eventually([&] { return lines_in(log.text()) == count; });
  CHECK_THAT(log.text(), ContainsSubstring("log: 1 line lost"));
}

TEST_CASE("lines go out as soon as they fill half of the buffer") {
  const TempDir directory;
  const std::string path = (directory / "log").string();
  LineSink sink("log", path, small);
  constexpr std::size_t times = 20;
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t time = 1; time <= times; ++time) {
    sink.write(std::string(small / 2 + 1, 'x'));
    testing::eventually([&] { return lines_in(testing::read_file(path)) == time; });
  }
  // By itself each would take a second.
  CHECK(std::chrono::steady_clock::now() - start < times * 1s / 2);
  CHECK(sink.lost() == 0);
}

TEST_CASE("a flush waits for what its caller wrote, and for what another is about to write") {
  const TempDir directory;
  const std::string path = (directory / "log").string();
  const std::string takes_a_while(std::size_t{4} << 20, 'x');
  for (int round = 0; round < 10; ++round) {
    std::filesystem::remove(path);
    LineSink sink("log", path, 2 * takes_a_while.size());
    std::atomic<bool> writes{false};
    const std::jthread other([&] {
      writes = true;
      sink.write(takes_a_while);
    });
    while (!writes) std::this_thread::yield();
    sink.write("own");
    REQUIRE(sink.flush(60s));
    const std::string text = testing::read_file(path);
    const bool is_out = text.starts_with("own\n") || text.ends_with("\nown\n");
    REQUIRE(is_out);
  }
}

TEST_CASE("reopening follows the name and loses nothing") {
  const TempDir directory;
  const std::string path = (directory / "log").string();
  LineSink sink("log", path);

  SECTION("between lines") {
    sink.write("before");
    std::filesystem::rename(path, path + ".1");
    REQUIRE(sink.reopen());
    sink.write("after");
    REQUIRE(sink.flush(60s));
    CHECK(testing::read_file(path + ".1") == "before\n");
    CHECK(testing::read_file(path) == "after\n");
  }
  SECTION("all sinks at once") {
    LineSink other("other", (directory / "other").string());
    std::filesystem::rename(path, path + ".1");
    std::filesystem::rename((directory / "other").string(), (directory / "other.1").string());
    reopen_all_sinks();
    sink.write("one");
    other.write("two");
    REQUIRE(flush_all_sinks(60s));
    CHECK(testing::read_file(path) == "one\n");
    CHECK(testing::read_file((directory / "other").string()) == "two\n");
  }
  SECTION("while lines come") {
    constexpr int lines = 50'000;  // the buffer takes as many
    std::thread writer([&] {
      for (int line = 0; line < lines; ++line) sink.write(std::to_string(line));
    });
    constexpr int rotations = 200;
    for (int rotation = 0; rotation < rotations; ++rotation) {
      std::filesystem::rename(path, path + '.' + std::to_string(rotation));
      REQUIRE(sink.reopen());
      sink.write("after " + std::to_string(rotation));
    }
    writer.join();
    REQUIRE(sink.flush(60s));
    int expected = 0;
    int expected_after = 0;
    for (int file = 0; file <= rotations; ++file) {
      const std::string suffix = file < rotations ? '.' + std::to_string(file) : "";
      std::istringstream in(testing::read_file(path + suffix));
      for (std::string line; std::getline(in, line);) {
        if (line.starts_with("after ")) {
          REQUIRE(line == "after " + std::to_string(expected_after++));
          REQUIRE(expected_after <= file);
        } else {
          REQUIRE(line == std::to_string(expected++));
        }
      }
    }
    CHECK(sink.lost() == 0);
    CHECK(expected == lines);
    CHECK(expected_after == rotations);
  }
  SECTION("that fails keeps the file that was open") {
    const CapturedOutput log(STDERR_FILENO);
    std::filesystem::rename(path, path + ".1");
    std::filesystem::create_directory(path);
    CHECK_FALSE(sink.reopen());
    sink.write("still there");
    REQUIRE(sink.flush(60s));
    CHECK(testing::read_file(path + ".1") == "still there\n");
    CHECK_THAT(log.text(),
               ContainsSubstring("log: can't reopen the file " + path +
                                 ": Is a directory; the file that was open stays in use"));
  }
}

TEST_CASE("a reader that never comes does not keep a rotation waiting") {
  const CapturedOutput log(STDERR_FILENO);
  const TempDir directory;
  const std::string path = (directory / "log").string();
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  LineSink sink("log", path, small);
  fill(sink);
  std::filesystem::rename(path, path + ".1");
  REQUIRE(sink.reopen());
  CHECK(sink.flush(60s));
  sink.write("last");
  CHECK(sink.flush(60s));
  CHECK(testing::read_file(path).ends_with("x\nlast\n"));
}

TEST_CASE("flushing all sinks says when one is stuck") {
  const CapturedOutput log(STDERR_FILENO);
  const TempDir directory;
  REQUIRE(::mkfifo(((directory / "fifo").string()).c_str(), 0600) == 0);
  LineSink stuck("stuck", (directory / "fifo").string(), small);
  LineSink well("well", (directory / "log").string());
  fill(stuck);
  well.write("a line");
  CHECK_FALSE(flush_all_sinks(100ms));
  CHECK(well.flush(60s));
  CHECK(testing::read_file((directory / "log").string()) == "a line\n");
  stuck.stop(0ms);
}
