#include "runtime/batching/text_chunk.hpp"

#include <string>
#include <utility>

namespace weft {
namespace {

failure name_item(failure reason, uint32_t item) {
  reason.message = "text " + std::to_string(item) + ": " + reason.message;
  reason.metadata.emplace_back("item", std::to_string(item));
  return reason;
}

} // namespace

uint64_t bytes_of(const text_chunk& chunk) noexcept {
  const auto& texts = chunk.source->request().texts;
  uint64_t bytes = 0;
  for (uint32_t item = chunk.first; item < chunk.first + chunk.count; ++item)
    bytes += texts[item].size();
  return bytes;
}

tokenized_chunk tokenize(const model& tokenizer, const text_chunk& chunk) {
  tokenized_chunk done{.call = chunk.call, .first = chunk.first};
  done.sequences.reserve(chunk.count);
  const auto& request = chunk.source->request();
  for (uint32_t item = chunk.first; item < chunk.first + chunk.count && !chunk.source->ended(); ++item) {
    auto sequence = tokenizer.tokenize(request.texts[item], request.options);
    if (!sequence) {
      done.problem = name_item(std::move(sequence.error()), item);
      break;
    }
    done.sequences.push_back(std::move(*sequence));
  }
  return done;
}

} // namespace weft
