#pragma once

#include <atomic>
#include <deque>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catena/export.hpp"
#include "catena/fs/document_root.hpp"
#include "catena/net/memory_stream.hpp"
#include "catena/pipeline/pipeline.hpp"
#include "catena/plugin/plugin.hpp"
#include "catena/plugin/registry.hpp"
#include "catena/serve/settings.hpp"
#include "catena/testing/http_response.hpp"

namespace catena::testing {

/// A chain to try handlers in, with the real parser and writer and no socket:
///
///     TestChain chain;
///     chain.add(hello(), R"({"greeting": "Hi"})");
///     CHECK(chain.get("/").body == "Hi\n");
///
/// Handlers are started with the first request and stopped at the end. Before the start that
/// request is run as a dry run, as `catena check` and every reload run some, so that a handler that
/// can't do with it fails here first; not in a chain with handlers that come from no plugin, which
/// are the test's own.
class CATENA_API TestChain {
 public:
  TestChain();
  ~TestChain();

  /// The plugins that chains inside of options may name. It outlives this object.
  TestChain& plugins(const Registry& registry);
  /// Appends a handler made by a plugin from the options of a chain entry, as JSON. Throws
  /// std::invalid_argument with the diagnostics when they are wrong.
  TestChain& add(const Plugin& plugin, std::string_view options = "{}");
  /// Appends a handler, by the name that logs call it.
  TestChain& add(std::string name, std::unique_ptr<Handler> handler);
  /// Appends a handler that is just a function `void(Exchange&, Next&)`.
  template <typename Function>
  TestChain& add(Function function) {
    return add("function", std::make_unique<FunctionHandler<Function>>(std::move(function)));
  }
  /// The document root, for handlers that serve files.
  TestChain& root(const std::filesystem::path& directory);
  /// Limits, timeouts and so on, instead of the defaults.
  TestChain& settings(Settings settings);
  /// Whether exchanges say that they are only tried. As long as they do, handlers are not started.
  TestChain& dry_run(bool dry_run);
  /// The dry run before the start, with what a client sends; nobody sees the answer, and bodies
  /// without end are left after their first piece.
  void rehearse_before_start(std::deque<std::string> pieces);

  /// Tells the exchange under way, and those to come, that a stop is wanted; the connection takes
  /// no request after it. Any thread, a handler's among them.
  void want_stop() noexcept { stopping_ = true; }

  using Fields = std::vector<std::pair<std::string, std::string>>;
  /// One exchange on a connection of its own, with Host and the given fields.
  HttpResponse get(std::string_view target, const Fields& fields = {});
  HttpResponse request(std::string_view method, std::string_view target, const Fields& fields = {},
                       std::string_view body = {});
  /// What a client that sends just these bytes gets on one connection; all final responses.
  std::vector<HttpResponse> exchange(std::string_view bytes);
  /// The same bytes in pieces, each of which arrives when the one before was read; all that was
  /// sent.
  std::string raw(std::deque<std::string> pieces,
                  MemoryStream::Then then = MemoryStream::Then::end);
  /// The same, played by a client of your own.
  void serve(MemoryStream& stream);

 private:
  void begin(std::deque<std::string> pieces);
  void serve(MemoryStream& stream, bool dry_run);

  template <typename Function>
  class FunctionHandler : public Handler {
   public:
    explicit FunctionHandler(Function function) : function_(std::move(function)) {}
    void handle(Exchange& exchange, Next& next) const override { function_(exchange, next); }

   private:
    Function function_;
  };

  const Registry* registry_ = nullptr;
  Settings settings_;
  std::unique_ptr<DocumentRoot> root_;
  Pipeline pipeline_;
  bool all_from_plugins_ = true;
  bool rehearsed_ = false;
  bool started_ = false;
  bool dry_run_ = false;
  std::atomic<bool> stopping_{false};
};

}  // namespace catena::testing
