#pragma once

#include "runtime/base/time.hpp"
#include "runtime/ports/engine.hpp"
#include "runtime/ports/model.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace weft {

/// A tokenized text on its way to an engine.
struct batch_item {
  uint64_t call = 0;  ///< the pool's number of the call
  uint32_t index = 0; ///< of the text in its call
  uint8_t tries = 0;  ///< batches with this item that have failed
  bool normalize = true;
  time_point waits_since{};
  token_sequence sequence;

  uint64_t tokens() const noexcept { return sequence.ids.size(); }
};

/// Items that an engine computes at once. The pool keeps it while a worker has it, so nothing is lost with a worker.
struct batch {
  uint64_t id = 0;
  uint64_t tokens = 0; ///< of all items
  time_point dispatched{};
  std::vector<batch_item> items;

  void add(batch_item item) {
    tokens += item.tokens();
    items.push_back(std::move(item));
  }
};
using batch_ptr = std::shared_ptr<const batch>;

/// No batch has more of either.
struct batch_limits {
  uint64_t tokens_max = 16'384;
  uint32_t items_max = 4'096;
  /// Texts of priority `batch` join only up to so many tokens in all, or one alone in its batch; 0: none does.
  uint64_t background_tokens_max = UINT64_MAX;
};

/// The form that engines take: ids packed one after the other, without padding.
inline embed_batch pack(const batch& source) {
  embed_batch packed;
  packed.ids.reserve(source.tokens);
  packed.offsets.reserve(source.items.size() + 1);
  packed.normalize.reserve(source.items.size());
  packed.offsets.push_back(0);
  for (const auto& item : source.items) {
    packed.ids.insert(packed.ids.end(), item.sequence.ids.begin(), item.sequence.ids.end());
    packed.offsets.push_back(static_cast<uint32_t>(packed.ids.size()));
    packed.normalize.push_back(item.normalize ? 1 : 0);
  }
  return packed;
}

} // namespace weft
