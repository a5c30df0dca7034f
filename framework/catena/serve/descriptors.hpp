#pragma once

#include <cstddef>

#include "catena/export.hpp"
#include "catena/serve/settings.hpp"

namespace catena {

/// How the descriptors that the process may have are shared out.
struct DescriptorShares {
  std::size_t connections = 0;  ///< connections that may be open at once
  std::size_t files = 0;        ///< files that are kept open
  std::size_t there_are = 0;
};

/// Of the descriptors that there are, some stay with the server itself, an eighth is for files that
/// are sent and not kept, up to another eighth for files that are kept open, and the rest for
/// connections: one each, because one that waits has no file.
CATENA_API DescriptorShares share_descriptors(const Settings& settings, std::size_t there_are);

/// Of those that the system allows the process; its soft limit is raised to the hard one first.
CATENA_API DescriptorShares share_descriptors(const Settings& settings);

}  // namespace catena
