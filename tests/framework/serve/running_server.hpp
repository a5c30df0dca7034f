#pragma once

#include <cstdint>
#include <functional>
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

inline Settings listening_on(std::string address) {
  Settings settings;
  settings.listen = {std::move(address)};
  return settings;
}

/// A server in this process, which runs on a thread of its own until the end of the test.
class RunningServer {
 public:
  explicit RunningServer(Function function = answer_path,
                         Settings settings = listening_on("127.0.0.1:0"))
      : settings_(std::move(settings)) {
    auto recorder = std::make_unique<SentRecorder>();
    recorder_ = recorder.get();
    pipeline_.add("recorder", std::move(recorder));
    pipeline_.add("function", std::make_unique<FunctionHandler>(std::move(function)));
    urls_ = server_->listen();
    thread_ = std::thread([this] { ended_ = server_->run(); });
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
  /// How every exchange that is over by now went out.
  std::vector<Sent> sent() const { return recorder_->sent(); }
  void stop() { server_->stop(); }
  Server::Ended wait() {
    thread_.join();
    return ended_;
  }

 private:
  QuietLog quiet_;
  Settings settings_;
  Pipeline pipeline_;
  const SentRecorder* recorder_ = nullptr;
  std::unique_ptr<Server> server_ =
      std::make_unique<Server>(Service{settings_, pipeline_, nullptr, false});
  std::vector<std::string> urls_;
  Server::Ended ended_{};
  std::thread thread_;
};

}  // namespace catena::testing
