#include "catena/serve/generation.hpp"

#include <exception>

#include "catena/runtime/log.hpp"
#include "catena/runtime/own_thread.hpp"
#include "catena/serve/descriptors.hpp"

namespace catena {

void Generation::start() {
  configuration_.pipeline->start();
  const OpenFiles& wanted = settings().open_files;
  if (configuration_.files == nullptr || wanted.entries == 0) return;
  OpenFileCache::Bounds bounds;
  bounds.entries = wanted.entries;
  bounds.memory = wanted.memory.count;
  bounds.small = wanted.small.count;
  bounds.descriptors = share_descriptors(settings()).files;
  try {
    const SignalsHeldBack held_back;  // for the thread that follows changes
    configuration_.files->start(bounds, [](const std::string& message) { log::info(message); });
  } catch (const std::exception& error) {
    log::warn(
        std::string("files are opened for each request, because what is open can't be kept: ") +
        error.what());
  }
}

void Generation::stop() noexcept {
  configuration_.pipeline->stop();
  if (configuration_.files != nullptr) configuration_.files->stop();
}

}  // namespace catena
