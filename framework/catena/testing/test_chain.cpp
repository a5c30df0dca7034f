#include "catena/testing/test_chain.hpp"

#include <span>
#include <stdexcept>
#include <string_view>

#include "catena/config/document.hpp"
#include "catena/serve/connection.hpp"

namespace catena::testing {
namespace {

/// A client that goes away once something of the answer has come.
class Glance : public MemoryStream {
 public:
  using MemoryStream::MemoryStream;
  IoResult write(std::span<const std::string_view> pieces, bool more, Pace& pace) override {
    const IoResult result = MemoryStream::write(pieces, more, pace);
    break_after(output().size());
    return result;
  }
};

}  // namespace

TestChain::TestChain() = default;
TestChain::~TestChain() = default;

TestChain& TestChain::plugins(const Registry& registry) {
  registry_ = &registry;
  return *this;
}

TestChain& TestChain::add(const Plugin& plugin, std::string_view options) {
  config::Diagnostics diagnostics;
  const auto entry = config::parse(options, "options", {}, diagnostics);
  const Registry none;
  ChainBuilder builder(registry_ != nullptr ? *registry_ : none, diagnostics, true);
  std::unique_ptr<Handler> handler;
  if (entry && diagnostics.empty()) handler = plugin.make(*entry, builder);
  if (!diagnostics.empty()) {
    std::string text;
    for (const config::Diagnostic& diagnostic : diagnostics.all()) {
      text.append(diagnostic.text()).append("\n");
    }
    throw std::invalid_argument(text);
  }
  pipeline_.add(plugin.name, std::move(handler), plugin.module, plugin.listens);
  return *this;
}

TestChain& TestChain::add(std::string name, std::unique_ptr<Handler> handler) {
  all_from_plugins_ = false;
  pipeline_.add(std::move(name), std::move(handler));
  return *this;
}

TestChain& TestChain::root(const std::filesystem::path& directory) {
  root_ = std::make_unique<DocumentRoot>(directory);
  return *this;
}

TestChain& TestChain::settings(Settings settings) {
  settings_ = std::move(settings);
  return *this;
}

TestChain& TestChain::dry_run(bool dry_run) {
  dry_run_ = dry_run;
  return *this;
}

HttpResponse TestChain::get(std::string_view target, const Fields& fields) {
  return request("GET", target, fields);
}

HttpResponse TestChain::request(std::string_view method, std::string_view target,
                                const Fields& fields, std::string_view body) {
  std::string bytes;
  bytes.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: test\r\n");
  for (const auto& [name, value] : fields) {
    bytes.append(name).append(": ").append(value).append("\r\n");
  }
  if (!body.empty()) {
    bytes.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  }
  bytes.append("\r\n").append(body);
  const std::string output = raw({bytes});
  const auto responses = take_responses(output, true, {std::string(method)});
  if (responses.empty()) throw std::runtime_error("no response; what was sent is: " + output);
  return responses.front();
}

std::vector<HttpResponse> TestChain::exchange(std::string_view bytes) {
  return take_responses(raw({std::string(bytes)}), true);
}

std::string TestChain::raw(std::deque<std::string> pieces, MemoryStream::Then then) {
  begin(pieces);
  MemoryStream stream(std::move(pieces), then);
  serve(stream, dry_run_);
  return stream.output();
}

void TestChain::serve(MemoryStream& stream) {
  begin({"GET / HTTP/1.1\r\nHost: test\r\n\r\n"});
  serve(stream, dry_run_);
}

/// Whoever finds a crash in here has a handler that can't do with a dry run before its start.
void TestChain::rehearse_before_start(std::deque<std::string> pieces) {
  rehearsed_ = true;
  Glance stream(std::move(pieces));
  serve(stream, true);
}

void TestChain::begin(std::deque<std::string> pieces) {
  if (started_ || dry_run_) return;
  if (all_from_plugins_ && !rehearsed_) rehearse_before_start(std::move(pieces));
  pipeline_.start();
  started_ = true;
}

void TestChain::serve(MemoryStream& stream, bool dry_run) {
  const Client client{"192.0.2.1", 50'000};
  const Service service{settings_, pipeline_, root_.get(), dry_run};
  const CurrentService current{&service};
  Activity activity;
  Connection(stream, client, current, activity, stopping_).serve();
}

}  // namespace catena::testing
