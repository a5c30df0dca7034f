// static_file and files that change while they are sent. Each is three pieces long, and the change
// comes after the first of them has been sent.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "catena/testing/test_chain.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

namespace catena::plugins {
Plugin static_file();
}

namespace {

using namespace std::chrono_literals;
using catena::Exchange;
using catena::IoResult;
using catena::MemoryStream;
using catena::Next;
using catena::Pace;
using catena::Sent;
using catena::plugins::static_file;
using catena::testing::HttpResponse;
using catena::testing::TempDir;
using catena::testing::TestChain;

constexpr std::size_t large = 1'500'000;

class Meddler : public MemoryStream {
 public:
  explicit Meddler(std::function<void()> meddle)
      : MemoryStream({"GET /large HTTP/1.1\r\nHost: test\r\n\r\n"}), meddle_(std::move(meddle)) {}

  IoResult send_file(int file, std::uint64_t offset, std::size_t size, Pace& pace) override {
    const IoResult result = MemoryStream::send_file(file, offset, size, pace);
    if (const auto meddle = std::exchange(meddle_, nullptr)) meddle();
    return result;
  }

 private:
  std::function<void()> meddle_;
};

class Recorder : public catena::Handler {
 public:
  explicit Recorder(Sent& sent) : sent_(sent) {}
  void handle(Exchange& exchange, Next& next) const override { next(exchange); }
  void finished(const Exchange&, const Sent& sent) const noexcept override { sent_ = sent; }

 private:
  Sent& sent_;
};

struct Outcome {
  HttpResponse response;
  Sent sent;
};

Outcome send_large(const std::function<void(const std::filesystem::path&)>& meddle) {
  TempDir files;
  const std::filesystem::path file = files.write("large", std::string(large, 'o'));
  std::filesystem::last_write_time(file, std::filesystem::file_time_type::clock::now() - 24h);
  Outcome outcome;
  TestChain chain;
  chain.root(files.path()).add("recorder", std::make_unique<Recorder>(outcome.sent));
  chain.add(static_file());
  Meddler stream([&] { meddle(file); });
  chain.serve(stream);
  auto responses = catena::testing::take_responses(stream.output(), true);
  REQUIRE(responses.size() == 1);
  outcome.response = std::move(responses.front());
  CHECK(outcome.response.status == 200);
  CHECK(outcome.response.header("Content-Length") == std::to_string(large));
  return outcome;
}

}  // namespace

TEST_CASE("a large file is sent whole", "[plugins]") {
  const Outcome outcome = send_large([](const auto&) {});
  CHECK(outcome.response.complete);
  CHECK((outcome.response.body == std::string(large, 'o')));
  CHECK(outcome.sent.outcome == Sent::Outcome::complete);
  CHECK(outcome.sent.body_bytes == large);
}

TEST_CASE("a file that is truncated while it is sent is cut, not padded", "[plugins]") {
  for (const std::size_t left : {std::size_t{0}, std::size_t{600'000}, large - 1}) {
    INFO(left);
    const Outcome outcome =
        send_large([left](const auto& file) { std::filesystem::resize_file(file, left); });
    CHECK_FALSE(outcome.response.complete);
    CHECK(outcome.response.body.size() < large);
    CHECK(outcome.response.body.find_first_not_of('o') == std::string::npos);
    CHECK(outcome.sent.outcome == Sent::Outcome::cut);
    CHECK(outcome.sent.body_bytes == outcome.response.body.size());
  }
}

TEST_CASE("a file that is overwritten while it is sent is cut", "[plugins]") {
  const Outcome outcome = send_large([](const std::filesystem::path& file) {
    std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
    out << std::string(large, 'n');
  });
  CHECK_FALSE(outcome.response.complete);
  CHECK(outcome.response.body.size() < large);
  CHECK(outcome.sent.outcome == Sent::Outcome::cut);
}

TEST_CASE("a file that grows while it is sent is cut", "[plugins]") {
  const Outcome outcome = send_large([](const std::filesystem::path& file) {
    std::ofstream(file, std::ios::binary | std::ios::app) << "more";
  });
  CHECK_FALSE(outcome.response.complete);
  CHECK(outcome.sent.outcome == Sent::Outcome::cut);
}

TEST_CASE("a file that is replaced by another while it is sent stays what it was", "[plugins]") {
  const Outcome outcome = send_large([](const std::filesystem::path& file) {
    const std::filesystem::path other = file.parent_path() / "other";
    std::ofstream(other, std::ios::binary) << std::string(large, 'n');
    std::filesystem::rename(other, file);
  });
  CHECK(outcome.response.complete);
  CHECK((outcome.response.body == std::string(large, 'o')));
  CHECK(outcome.sent.outcome == Sent::Outcome::complete);
}

TEST_CASE("a file that is removed while it is sent is sent whole", "[plugins]") {
  const Outcome outcome =
      send_large([](const std::filesystem::path& file) { std::filesystem::remove(file); });
  CHECK(outcome.response.complete);
  CHECK((outcome.response.body == std::string(large, 'o')));
}
