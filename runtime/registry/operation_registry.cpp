#include "runtime/registry/operation_registry.hpp"

#include <algorithm>
#include <utility>

namespace weft {

status operation_registry::add(operation value) {
  if (value.name.empty() || !value.cost)
    return failure{errc::invalid_argument, "an operation needs a name and a cost"};
  auto name = value.name;
  if (!operations_.try_emplace(name, std::move(value)).second)
    return failure{errc::invalid_argument, "the operation '" + name + "' is registered twice"};
  return ok;
}

const operation* operation_registry::find(std::string_view name) const {
  auto found = operations_.find(name);
  return found == operations_.end() ? nullptr : &found->second;
}

operation embed_operation(std::string pool) {
  return {.name = std::string{embed_name},
          .version = 1,
          .parameters = {{"normalize", "scale every vector to length 1", "true"},
                         {"truncate", "cut a text that is too long instead of refusing it", "true"},
                         {"truncation_side", "which end is cut", "right"}},
          .cost = [](uint64_t bytes,
                     uint32_t tokens_max) { return std::min<uint64_t>(bytes + 2, std::max(tokens_max, 2u)); },
          .pool = std::move(pool)};
}

operation compress_operation(std::string pool) {
  return {.name = std::string{compress_name},
          .version = 1,
          .parameters = {{"ratio", "source tokens over output tokens, 2 to 32; or tokens", "none"},
                         {"tokens", "at most so many; or ratio", "none"},
                         {"strategy", "auto, hierarchical, semantic, frequency, template or ensemble", "auto"},
                         {"counter", "whose tokens: wordpiece, llm_estimate or bytes", "wordpiece"},
                         {"query", "keep what answers it", ""},
                         {"keep", "numbers, names, code: what sentences are kept for", "none"},
                         {"patterns", "RE2 patterns: what sentences are kept for", "none"},
                         {"extract", "the kept text itself", "true"},
                         {"mega_tokens", "so many centroids", "0"}},
          .cost = [](uint64_t, uint32_t) { return uint64_t{0}; },
          .pool = std::move(pool)};
}

} // namespace weft
