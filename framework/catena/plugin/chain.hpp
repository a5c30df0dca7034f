#pragma once

#include "catena/config/diagnostics.hpp"
#include "catena/config/document.hpp"
#include "catena/export.hpp"
#include "catena/pipeline/pipeline.hpp"
#include "catena/plugin/registry.hpp"

namespace catena {

/// Adds to the pipeline what a "chain" of a configuration names, in its order. Everything that is
/// wrong with it is reported; the pipeline is of use only when nothing was. `has_root` says whether
/// a "root" stands beside the chain, or further out.
CATENA_API void build_chain(const config::Value& chain, const Registry& registry, bool has_root,
                            Pipeline& pipeline, config::Diagnostics& diagnostics);

}  // namespace catena
