#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "catena/config/diagnostics.hpp"
#include "catena/config/document.hpp"
#include "catena/config/fields.hpp"
#include "catena/export.hpp"
#include "catena/fs/open_file_cache.hpp"
#include "catena/pipeline/pipeline.hpp"

namespace catena {

struct Plugin;
class Registry;

/// Builds the chains of one configuration: the outermost one, and those that handlers hold. A
/// factory that takes one as its second argument can build chains from its options:
///
///     struct Options { config::Chain chain; };
///     [](Options options, ChainBuilder& builder) {
///       return std::make_unique<Branch>(builder.build(options.chain));
///     }
///
/// The handler owns the chain: it starts and stops it, runs it with an exchange, and tells it what
/// is finished.
class CATENA_API ChainBuilder {
 public:
  /// Both outlive the builder. `has_root` says whether there is a document root for the outermost
  /// chain, and `files` is the cache of all roots, if there is one.
  ChainBuilder(const Registry& registry, config::Diagnostics& diagnostics, bool has_root,
               std::shared_ptr<OpenFileCache> files = nullptr) noexcept
      : registry_(registry),
        diagnostics_(diagnostics),
        has_root_(has_root),
        files_(std::move(files)) {}

  /// Builds a chain; below the handler that is being made, when one is. Everything that is wrong
  /// with it is reported, and what is returned is of use only when nothing was. `own_root` says
  /// that a document root comes with it, besides the one there may be further out.
  std::unique_ptr<Pipeline> build(const config::Chain& chain, bool own_root = false);

  /// Reports what is wrong with the chains within an object's options, which can't be used: so
  /// that what is wrong elsewhere in them hides nothing.
  void check_chains(const config::FieldList& options, const config::Value& object);

  /// For the document roots of handlers: what they share with all others. It is started when
  /// serving is. May be null.
  const std::shared_ptr<OpenFileCache>& files() const noexcept { return files_; }

  /// Says that plugins are missing, for reasons that were reported: a name that is not known is
  /// then reported only where it looks like a slip in one that is.
  void some_plugins_are_missing() noexcept { plugins_missing_ = true; }

  /// Says, while a factory runs, that the handler it makes passes nothing on, as it is configured;
  /// Plugin::passes_on says that of a plugin however it is.
  void passes_nothing_on() noexcept;

  config::Diagnostics& diagnostics() const noexcept { return diagnostics_; }

 private:
  /// A chain that is being built, and how far it is.
  struct Level {
    std::vector<const Plugin*> plugins;  // null where an entry names none
    std::size_t at = 0;
    const Plugin* end = nullptr;  // the first that passes nothing on; null so far
  };
  const Plugin* named_plugin(const config::Value& entry);
  void no_plugin(const config::Value& name);
  void add(const config::Value& entry, Pipeline& pipeline);
  void check_order(const config::Value& entry, const Plugin& plugin);

  const Registry& registry_;
  config::Diagnostics& diagnostics_;
  bool has_root_;
  std::shared_ptr<OpenFileCache> files_;
  bool plugins_missing_ = false;
  std::vector<Level> levels_;  // the outermost first
};

}  // namespace catena
