#include "conformance/site.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <memory>

#include "catena/config/document.hpp"
#include "plugins/builtin.hpp"
#include "support/catch.hpp"
#include "support/conversation.hpp"
#include "support/source_tree.hpp"

namespace catena::testing {
namespace {

class Pieces : public BodySource {
 public:
  std::size_t read(std::span<char> into) override {
    constexpr std::array<std::string_view, 2> pieces{"hello ", "world"};
    if (at_ == pieces.size()) return 0;
    return pieces[at_++].copy(into.data(), into.size());
  }

 private:
  std::size_t at_ = 0;
};

void dynamic(Exchange& exchange, Next& next) {
  if (exchange.path() == "/echo") return echo(exchange);
  if (exchange.path() == "/empty") return exchange.response.set_status(Status::no_content);
  if (exchange.path() == "/stream") {
    exchange.response.set_status(Status::ok);
    return exchange.response.body.stream(std::make_unique<Pieces>());
  }
  next(exchange);
}

}  // namespace

Site::Site() {
  // Of an age at which tags are strong, so that they are the same with each response.
  const auto a_day_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(24);
  for (const auto& file :
       {files_.write("index.html", "home"), files_.write("page.html", "0123456789"),
        files_.write("dir/index.html", "in a directory")}) {
    std::filesystem::last_write_time(file, a_day_ago);
  }
  plugins::add_builtin(registry_);
  chain_.plugins(registry_).root(files_.path()).dry_run(true).add(dynamic);
  config::Diagnostics diagnostics;
  const auto document = config::read_file(source_tree() / "server/default.json", diagnostics);
  if (!document) throw std::logic_error("the default configuration can't be read");
  ChainBuilder builder(registry_, diagnostics, true);
  for (const config::Value& entry : document->find("chain")->items()) {
    const Plugin* plugin = registry_.find(entry.find("plugin")->as_string());
    chain_.add(plugin->name, plugin->make(entry, builder));
  }
}

void Site::check(std::initializer_list<Case> cases) {
  for (const Case& one : cases) {
    INFO(one.what << "\n" << one.bytes.substr(0, 400));
    CHECK(summary(exchange(one.bytes)) == one.expected);
    CHECK(summary(take_responses(chain_.raw(in_bytes(one.bytes)), true)) == one.expected);
  }
}

std::string head(std::string_view line, std::string_view fields) {
  std::string text(line);
  return text.append("\r\nHost: test\r\n").append(fields).append("\r\n");
}

std::string post(std::string_view fields, std::string_view bytes) {
  return head("POST /echo HTTP/1.1", fields).append(bytes);
}

std::string chunked(std::string_view bytes) {
  return post("Transfer-Encoding: chunked\r\n", bytes);
}

std::string another() { return head("GET /page.html HTTP/1.1"); }

}  // namespace catena::testing
