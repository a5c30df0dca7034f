// What single steps of a request take, in memory: the parser, the decoding of targets, the chain,
// and the writing of heads. For work on one of them; what a whole request takes is counted by
// requests.cpp.

#include <benchmark/benchmark.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "catena/http/request_parser.hpp"
#include "catena/http/response_writer.hpp"
#include "catena/http/target.hpp"
#include "catena/pipeline/exchange.hpp"
#include "catena/pipeline/pipeline.hpp"

namespace {

using namespace catena;

constexpr std::string_view of_a_tool =
    "GET /index.html HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "\r\n";

constexpr std::string_view of_a_browser =
    "GET /docs/guide/index.html?from=home HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: max-age=0\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/128.0.0.0 Safari/537.36\r\n"
    "Accept: "
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Referer: https://www.example.com/docs/\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n"
    "If-None-Match: \"17a5c9d2e4b10000-400\"\r\n"
    "\r\n";

void parse(benchmark::State& state, std::string_view head) {
  RequestParser parser{HeadLimits{}};
  Request request;
  for (auto _ : state) {
    parser.reset(request);
    if (parser.parse(head, request) != RequestParser::State::done) {
      throw std::logic_error("the request was not parsed");
    }
    benchmark::DoNotOptimize(request);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(head.size()));
}
BENCHMARK_CAPTURE(parse, of_a_tool, of_a_tool);
BENCHMARK_CAPTURE(parse, of_a_browser, of_a_browser);

void decode_target(benchmark::State& state, std::string_view raw) {
  Target target;
  std::string storage;
  for (auto _ : state) {
    if (!parse_target(raw, "GET", target, storage)) throw std::logic_error("malformed");
    benchmark::DoNotOptimize(target);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(raw.size()));
}
BENCHMARK_CAPTURE(decode_target, plain, "/docs/guide/index.html");
BENCHMARK_CAPTURE(decode_target, with_a_query, "/docs/guide/index.html?from=home&lines=20");
BENCHMARK_CAPTURE(decode_target, percent_encoded, "/d%6fcs/%E2%82%AC%20rates/index%2ehtml");
BENCHMARK_CAPTURE(decode_target, with_dots, "/docs/./guide/../guide//index.html");

class NoBody : public RequestBody {
 public:
  Read read(std::span<char>) override { return {0, State::end}; }
  void set_limit(std::uint64_t) override {}
};

class Passes : public Handler {
 public:
  void handle(Exchange& exchange, Next& next) const override { next(exchange); }
};

class Answers : public Handler {
 public:
  void handle(Exchange& exchange, Next&) const override {
    exchange.response.set_status(Status::ok);
    exchange.response.body.borrow("hello");
  }
};

/// As many handlers that only call the next, and one that answers: what a chain itself takes.
void chain(benchmark::State& state) {
  Pipeline pipeline;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    pipeline.add("passes", std::make_unique<Passes>());
  }
  pipeline.add("answers", std::make_unique<Answers>());
  const Request request;
  const Client client{"127.0.0.1", 50'000};
  NoBody body;
  for (auto _ : state) {
    Exchange exchange(request, body, client);
    pipeline.run(exchange);
    benchmark::DoNotOptimize(exchange.response);
  }
}
BENCHMARK(chain)->Arg(0)->Arg(5)->Arg(20);

void write_head(benchmark::State& state) {
  Request request;
  request.method = "GET";
  Response response;
  response.set_status(Status::ok);
  response.headers.set("Content-Type", "text/html; charset=utf-8");
  response.headers.set("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
  response.headers.set("ETag", "\"17a5c9d2e4b10000-400\"");
  response.headers.set("Accept-Ranges", "bytes");
  response.body.borrow("hello");
  std::string out;
  for (auto _ : state) {
    out.clear();
    benchmark::DoNotOptimize(append_head(out, request, response, true, "catena"));
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(write_head);

}  // namespace

BENCHMARK_MAIN();
