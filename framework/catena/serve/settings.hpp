#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "catena/config/fields.hpp"
#include "catena/export.hpp"
#include "catena/http/request_parser.hpp"
#include "catena/runtime/log.hpp"

namespace catena {

/// "server.limits" of a configuration.
struct Limits {
  config::Bytes target{8 * 1024};
  config::Bytes head{16 * 1024};
  std::size_t fields = 100;
  config::Bytes body{1024 * 1024};
  std::size_t connections = 10'000;
  std::size_t connections_per_address = 256;
  std::uint64_t bytes_per_second = 500;

  HeadLimits of_head() const noexcept {
    return {static_cast<std::size_t>(target.count), static_cast<std::size_t>(head.count), fields};
  }
};

/// "server.timeouts" of a configuration.
struct Timeouts {
  std::chrono::milliseconds head{10'000};
  std::chrono::milliseconds idle{15'000};
  std::chrono::milliseconds stall{30'000};
  std::chrono::milliseconds grace{10'000};
  std::chrono::milliseconds handler{30'000};
};

/// "server.threads" of a configuration.
struct Threads {
  enum class Model : std::uint8_t {
    parked,     ///< few threads, which leave connections that wait for their clients
    dedicated,  ///< a thread for every connection
  };
  Model model = Model::parked;
  std::size_t running = 4;
  std::optional<std::size_t> most;  ///< nothing: as many as there may be connections
};

/// "server.open_files" of a configuration.
struct OpenFiles {
  std::size_t entries = 16'384;  ///< 0: nothing is kept
  config::Bytes memory{32 * 1024 * 1024};
  config::Bytes small{32 * 1024};
};

/// "server" of a configuration: everything about serving that is not the chain's business.
struct Settings {
  std::vector<std::string> listen{"127.0.0.1:8080"};
  std::string name = "catena";
  log::Level log_level = log::Level::info;
  std::optional<std::filesystem::path> control;  ///< nothing: a place of the server's own
  Limits limits;
  Timeouts timeouts;
  Threads threads;
  OpenFiles open_files;
};

CATENA_API config::Fields<Settings> settings_fields();

}  // namespace catena
