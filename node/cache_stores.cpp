#include "node/cache_stores.hpp"

#include "runtime/storage/rocks_entry_store.hpp"

#include <algorithm>
#include <string>

namespace weft {

std::vector<std::shared_ptr<entry_store>> open_cache_stores(const node_config& config,
                                                            const std::filesystem::path& data_dir,
                                                            const std::shared_ptr<node_log>& log) {
  std::vector<std::shared_ptr<entry_store>> out;
  if (!config.cache.enabled || !config.cache.store || config.modes.plain)
    return out;
  const auto shards = std::max(config.cache.shards, 1u);
  for (uint32_t shard = 0; shard < shards; ++shard)
    out.push_back(std::make_shared<rocks_entry_store>(rocks_entry_store_options{
        .path = data_dir / "cache" / std::to_string(shard),
        .bytes_max = config.cache.store_bytes_max / shards,
        .report = [log](const std::string& what) { log->write(log_level::warn, "cache", what); }}));
  return out;
}

} // namespace weft
