#pragma once

#include <cstdint>
#include <string>

namespace weft {

/// What NodeService says of the node beside its snapshot.
struct node_identity {
  std::string endpoint; ///< where clients reach it; empty: the first listen address
  std::string region;
  std::string zone;
};

/// What tei.v1.Info tells clients about the node's limits.
struct tei_limits {
  uint32_t concurrent_requests_max = 0;
  uint32_t batch_tokens_max = 0;
  uint32_t call_items_max = 0;
  uint32_t tokenizers = 0;
};

} // namespace weft
