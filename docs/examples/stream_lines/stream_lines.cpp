// Answers with a line now, and another one each interval, for as long as somebody listens.
//
// What it teaches: content of unknown length. The handler returns at once and leaves a BodySource,
// which is pulled while the response is sent: as fast as the client takes it, and not at all while
// the client takes nothing. A source that waits for something asks, in between, whether the client
// has gone or the server wants to stop; returning 0 ends the response properly, throwing cuts it.

#include <algorithm>
#include <catena/plugin.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>

using namespace catena;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Options {
  milliseconds interval{1000};
  std::optional<std::uint64_t> lines;
};

config::Fields<Options> fields() {
  config::Fields<Options> fields;
  fields.add("interval", &Options::interval, "From one line to the next.")
      .between(milliseconds(1), milliseconds(60'000));
  fields.add("lines", &Options::lines, "How many lines there are; null for no end.");
  return fields;
}

class Lines : public BodySource {
 public:
  /// The exchange outlives its response's body, and the handler, with its options, both.
  Lines(const Exchange& exchange, const Options& options)
      : exchange_(exchange), options_(options), due_(Clock::now()) {}

  std::size_t read(std::span<char> into) override {
    if (line_.empty() && !next_line()) return 0;
    // What does not fit is given at the next call.
    const std::size_t size = line_.copy(into.data(), into.size());
    line_.erase(0, size);
    return size;
  }

 private:
  bool next_line() {
    if (options_.lines && number_ == *options_.lines) return false;
    if (!wait_until_due()) return false;
    due_ += options_.interval;
    line_ = "line " + std::to_string(++number_) + "\n";
    return true;
  }

  /// False when nobody needs the next line any more.
  bool wait_until_due() const {
    constexpr milliseconds at_most{100};
    while (!exchange_.client_gone() && !exchange_.stop_wanted()) {
      const auto left = due_ - Clock::now();
      if (left <= Clock::duration::zero()) return true;
      std::this_thread::sleep_for(std::min<Clock::duration>(left, at_most));
    }
    return false;
  }

  const Exchange& exchange_;
  const Options& options_;
  Clock::time_point due_;
  std::uint64_t number_ = 0;
  std::string line_;
};

class StreamLines : public Handler {
 public:
  explicit StreamLines(Options options) : options_(options) {}

  void handle(Exchange& exchange, Next&) const override {
    exchange.response.set_status(Status::ok);
    exchange.response.headers.set("Content-Type", "text/plain; charset=utf-8");
    exchange.response.headers.set("Cache-Control", "no-store");
    // Nobody reads to the end of it in a dry run, which would never come.
    if (exchange.dry_run && !options_.lines) return;
    exchange.response.body.stream(std::make_unique<Lines>(exchange, options_));
  }

 private:
  Options options_;
};

}  // namespace

Plugin stream_lines() {
  Plugin plugin = describe("stream_lines", "Streams a line each interval.", fields(),
                           [](Options options) { return std::make_unique<StreamLines>(options); });
  plugin.passes_on = false;
  return plugin;
}

CATENA_MODULE(registry) { registry.add(stream_lines()); }
