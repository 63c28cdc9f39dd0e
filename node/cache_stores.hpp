#pragma once

#include "node/config/config.hpp"
#include "node/logging/node_log.hpp"
#include "runtime/ports/entry_store.hpp"

#include <filesystem>
#include <memory>
#include <vector>

namespace weft {

/// The caches on disk of a node, one a shard, under DATA_DIR/cache; none where the configuration wants none. A damaged
/// one is moved aside and starts empty, a full disk stops writing: both are in the log.
std::vector<std::shared_ptr<entry_store>> open_cache_stores(const node_config& config,
                                                            const std::filesystem::path& data_dir,
                                                            const std::shared_ptr<node_log>& log);

} // namespace weft
