#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "catena/serve/server.hpp"
#include "support/conversation.hpp"
#include "support/quiet_log.hpp"
#include "support/socket_client.hpp"

namespace catena::testing {

using Function = std::function<void(Exchange&, Next&)>;

class FunctionHandler : public Handler {
 public:
  explicit FunctionHandler(Function function) : function_(std::move(function)) {}
  void handle(Exchange& exchange, Next& next) const override { function_(exchange, next); }

 private:
  Function function_;
};

/// Keeps what `finished` is told, from all threads.
class SentRecorder : public Handler {
 public:
  void handle(Exchange& exchange, Next& next) const override { next(exchange); }
  void finished(const Exchange&, const Sent& sent) const noexcept override {
    const std::lock_guard lock(mutex_);
    sent_.push_back(sent);
  }
  std::vector<Sent> sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
  }

 private:
  mutable std::mutex mutex_;
  mutable std::vector<Sent> sent_;
};

inline void answer_path(Exchange& exchange, Next&) { answer(exchange, exchange.path()); }

/// Patient with clients that get their turn late.
inline Settings listening_on(std::string address) {
  Settings settings;
  settings.timeouts.head = settings.timeouts.idle = settings.timeouts.stall =
      std::chrono::minutes(10);
  settings.listen = {std::move(address)};
  return settings;
}

inline std::unique_ptr<Generation> generation(std::vector<std::unique_ptr<Handler>> handlers,
                                              Settings settings) {
  Configuration configuration;
  configuration.settings = std::move(settings);
  configuration.pipeline = std::make_unique<Pipeline>();
  for (auto& handler : handlers) configuration.pipeline->add("function", std::move(handler));
  return std::make_unique<Generation>(std::move(configuration), config::Value());
}

inline std::unique_ptr<Generation> generation(Function function, Settings settings) {
  std::vector<std::unique_ptr<Handler>> handlers;
  handlers.push_back(std::make_unique<FunctionHandler>(std::move(function)));
  return generation(std::move(handlers), std::move(settings));
}

/// A server in this process, which runs on a thread of its own until the end of the test.
class RunningServer {
 public:
  explicit RunningServer(Function function = answer_path,
                         Settings settings = listening_on("127.0.0.1:0")) {
    auto recorder = std::make_unique<SentRecorder>();
    recorder_ = recorder.get();
    std::vector<std::unique_ptr<Handler>> handlers;
    handlers.push_back(std::move(recorder));
    handlers.push_back(std::make_unique<FunctionHandler>(std::move(function)));
    start(generation(std::move(handlers), std::move(settings)), {});
  }
  RunningServer(std::unique_ptr<Generation> first, BuildGeneration again) {
    start(std::move(first), std::move(again));
  }
  ~RunningServer() {
    server_->stop();
    if (thread_.joinable()) thread_.join();
  }

  const std::vector<std::string>& urls() const { return urls_; }
  std::uint16_t port() const {
    return static_cast<std::uint16_t>(
        std::stoi(urls_.front().substr(urls_.front().rfind(':') + 1)));
  }
  SocketClient connect() const { return SocketClient(port()); }
  /// How every exchange that is over by now went out; of a server that was made of a function.
  std::vector<Sent> sent() const { return recorder_->sent(); }
  void stop() { server_->stop(); }
  void reload(TellVerdict tell) { server_->reload(std::move(tell)); }
  Server::Ended wait() {
    thread_.join();
    return ended_;
  }

 private:
  void start(std::unique_ptr<Generation> first, BuildGeneration again) {
    server_ = std::make_unique<Server>(std::move(first), std::move(again));
    urls_ = server_->listen();
    thread_ = std::thread([this] { ended_ = server_->run(); });
  }

  QuietLog quiet_;
  const SentRecorder* recorder_ = nullptr;
  std::unique_ptr<Server> server_;
  std::vector<std::string> urls_;
  Server::Ended ended_{};
  std::thread thread_;
};

/// A handler that says when it is at work on "/wait", and goes on when it may.
struct Gate {
  Function handler() {
    return [this](Exchange& exchange, Next&) {
      if (exchange.path() == "/wait") {
        entered.count_down();
        released.wait();
      }
      answer(exchange, exchange.path());
    };
  }
  std::latch entered{1};
  std::latch released{1};
};

}  // namespace catena::testing
