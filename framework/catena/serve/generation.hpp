#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "catena/config/diagnostics.hpp"
#include "catena/config/document.hpp"
#include "catena/export.hpp"
#include "catena/serve/configuration.hpp"
#include "catena/serve/connection.hpp"

namespace catena {

/// A configuration in its turn: what requests are served by from one reload to the next, and the
/// document that it was made of. It stays where it is, because requests refer to it.
class CATENA_API Generation {
 public:
  /// `overridden` are the members of the document that the command line stands in the place of:
  /// "root", "server.listen".
  Generation(Configuration configuration, config::Value document,
             std::vector<std::string> overridden = {})
      : configuration_(std::move(configuration)),
        document_(std::move(document)),
        overridden_(std::move(overridden)) {}
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;

  const Registry& registry() const noexcept { return configuration_.registry; }
  const Settings& settings() const noexcept { return configuration_.settings; }
  const config::Value& document() const noexcept { return document_; }
  const std::vector<std::string>& overridden() const noexcept { return overridden_; }
  const Service& service() const noexcept { return service_; }

  /// Lets the handlers keep what they want of the ones before them, which serve meanwhile.
  void take_over(const Generation& predecessor) {
    configuration_.pipeline->take_over(*predecessor.configuration_.pipeline);
  }
  /// Throws std::runtime_error with the handler's name and reason when one can't start.
  void start();
  void stop() noexcept;

 private:
  Configuration configuration_;
  config::Value document_;
  std::vector<std::string> overridden_;
  Service service_{configuration_.settings, *configuration_.pipeline, configuration_.root.get()};
};

/// Reads and builds a configuration anew.
class BuildGeneration {
 public:
  /// Null when anything was reported.
  using Build = std::function<std::unique_ptr<Generation>(config::Diagnostics&)>;
  /// What a `Build` under way is at, in words; empty when it can't say. It is asked by another
  /// thread.
  using AtWork = std::function<std::string()>;

  BuildGeneration() = default;
  template <typename Function>
  requires(!std::same_as<Function, BuildGeneration> && std::convertible_to<Function, Build>)
      BuildGeneration(Function build, AtWork at_work = {})
      : build_(std::move(build)), at_work_(std::move(at_work)) {}

  std::unique_ptr<Generation> operator()(config::Diagnostics& diagnostics) const {
    return build_(diagnostics);
  }
  std::string at_work() const { return at_work_ ? at_work_() : std::string(); }

 private:
  Build build_;
  AtWork at_work_;
};

}  // namespace catena
