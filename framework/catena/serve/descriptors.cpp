#include "catena/serve/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>

namespace catena {
namespace {

constexpr std::size_t of_our_own = 64;
constexpr std::size_t least_connections = 16;

}  // namespace

DescriptorShares share_descriptors(const Settings& settings, std::size_t there_are) {
  DescriptorShares shares;
  shares.there_are = there_are;
  shares.files = std::min(settings.open_files.entries, there_are / 8);
  const std::size_t taken = of_our_own + shares.files + there_are / 8;
  const std::size_t left = there_are - std::min(there_are, taken);
  shares.connections = std::min(settings.limits.connections, std::max(left, least_connections));
  return shares;
}

DescriptorShares share_descriptors(const Settings& settings) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return share_descriptors(settings, SIZE_MAX);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return share_descriptors(settings, limit.rlim_cur == RLIM_INFINITY
                                         ? SIZE_MAX
                                         : static_cast<std::size_t>(limit.rlim_cur));
}

}  // namespace catena
