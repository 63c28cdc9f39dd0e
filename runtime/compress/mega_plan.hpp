#pragma once

#include "runtime/compress/output.hpp"
#include "runtime/compress/unit.hpp"
#include "runtime/compress/unit_vectors.hpp"
#include "runtime/ports/engine.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace weft {

/// Points that stand for a whole text: k-means over its units; of each cluster the mean of its units' vectors (each
/// weighing its tokens, scaled to length 1), its share of the tokens, and where its units lie, neighbours as one span.
/// In the order of the text; fewer than asked for where a text has fewer units, or fewer that differ.
class mega_plan {
public:
  /// source and vectors stay.
  mega_plan(const document& source, const unit_vectors& vectors, uint32_t count);

  /// kmeans_work; nothing: they are there.
  std::optional<engine_work> next() const;
  /// The answer to what next() gave last. errc::internal: of the wrong kind or size.
  status take(const engine_output& output);

  std::vector<mega_token> take_tokens() { return std::move(tokens_); }

private:
  const document& source_;
  const unit_vectors& vectors_;
  uint32_t clusters_;
  bool done_;
  std::vector<mega_token> tokens_;
};

} // namespace weft
