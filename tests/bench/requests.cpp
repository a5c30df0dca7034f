// Runs the same request through a configuration's chain a given number of times, by the real
// connection loop, on one connection in memory. What is counted of this program for twice as many
// requests, less what is counted for as many, is what the requests take; starting drops out.
//
// bench_requests CONFIGURATION ROOT COUNT STATUS TARGET [FIELD-LINE...]: fails unless each of COUNT
// requests is answered with STATUS.

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "catena/config/diagnostics.hpp"
#include "catena/config/document.hpp"
#include "catena/net/memory_stream.hpp"
#include "catena/serve/configuration.hpp"
#include "catena/serve/connection.hpp"
#include "catena/serve/generation.hpp"
#include "plugins/builtin.hpp"

/// Valgrind 3.19, which Debian 12 has, does not know openat2 and lets it fail with ENOSYS. Here it
/// becomes an openat, for this program alone: it opens only files of its own. libcatena finds this
/// function before the C library's.
extern "C" __attribute__((visibility("default"))) long syscall(long number, ...) noexcept {
  using Syscall = long (*)(long, ...);
  static const auto original = reinterpret_cast<Syscall>(::dlsym(RTLD_NEXT, "syscall"));
  std::va_list list;
  va_start(list, number);
  long arguments[6];
  for (long& argument : arguments) argument = va_arg(list, long);
  va_end(list);
  if (number == SYS_openat2) {
    const auto* how = reinterpret_cast<const open_how*>(arguments[2]);
    return ::openat(static_cast<int>(arguments[0]), reinterpret_cast<const char*>(arguments[1]),
                    static_cast<int>(how->flags), static_cast<mode_t>(how->mode));
  }
  return original(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                  arguments[5]);
}

namespace {

using namespace catena;

/// A client that sends a request when it has read the response to the one before, and counts those
/// with the expected status line.
class RepeatingClient : public MemoryStream {
 public:
  RepeatingClient(std::string request, std::string status_line, std::uint64_t count)
      : MemoryStream({}),
        request_(std::move(request)),
        status_line_(std::move(status_line)),
        left_(count) {}

  std::uint64_t answered() const noexcept { return answered_; }

  IoResult read(std::span<char> into, Deadline) override {
    if (left_ == 0) return {0, IoStatus::end};
    if (into.size() < request_.size()) throw std::logic_error("a request takes more than one read");
    --left_;
    std::copy(request_.begin(), request_.end(), into.begin());
    return {request_.size(), IoStatus::ok};
  }
  IoResult write(std::span<const std::string_view> pieces, bool, Pace&) override {
    IoResult result;
    for (const std::string_view piece : pieces) {
      if (piece.starts_with(status_line_)) ++answered_;
      result.size += piece.size();
    }
    return result;
  }
  IoResult send_file(int, std::uint64_t, std::size_t size, Pace&) override {
    return {size, IoStatus::ok};
  }

 private:
  std::string request_;
  std::string status_line_;
  std::uint64_t left_;
  std::uint64_t answered_ = 0;
};

Configuration load(const std::string& file, const std::string& root) {
  Registry builtin;
  plugins::add_builtin(builtin);
  config::Diagnostics diagnostics;
  Overrides overrides;
  overrides.root = root;
  overrides.log_level = log::Level::off;
  if (const auto document = config::read_file(file, diagnostics)) {
    if (auto loaded = load_configuration(*document, overrides, builtin, diagnostics)) {
      return std::move(*loaded);
    }
  }
  std::string text;
  for (const auto& diagnostic : diagnostics.all()) text.append(diagnostic.text()).append("\n");
  throw std::runtime_error(text);
}

int run(std::span<const std::string> arguments) {
  Generation generation(load(arguments[1], arguments[2]), config::Value());
  const std::uint64_t count = std::stoull(arguments[3]);
  std::string request = "GET " + arguments[5] + " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n";
  for (const std::string& line : arguments.subspan(6)) request.append(line).append("\r\n");
  request.append("\r\n");

  generation.start();
  const CurrentService current{&generation.service()};
  const Client client{"127.0.0.1", 50'000};
  RepeatingClient stream(request, "HTTP/1.1 " + arguments[4] + " ", count);
  Activity activity;
  const std::atomic<bool> stopping{false};
  Connection(stream, client, current, activity, stopping).serve();
  generation.stop();
  if (stream.answered() == count) return 0;
  std::fprintf(stderr, "%llu of %llu requests were answered with %s\n",
               static_cast<unsigned long long>(stream.answered()),
               static_cast<unsigned long long>(count), arguments[4].c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  if (argc < 6) {
    std::fputs("usage: bench_requests CONFIGURATION ROOT COUNT STATUS TARGET [FIELD-LINE...]\n",
               stderr);
    return 2;
  }
  try {
    return run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_requests: %s\n", error.what());
    return 1;
  }
}
