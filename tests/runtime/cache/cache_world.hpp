#pragma once

#include "runtime/cache/cache_shard_core.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace weft::test {

inline constexpr time_point cache_start{std::chrono::hours{1}};

inline result_kind_ptr embed_kind(uint64_t generation = 0, std::string scope = "") {
  return std::make_shared<const result_kind>(result_kind_parts{.operation = "embed",
                                                               .model = "mini",
                                                               .model_version = "1",
                                                               .parameters = "normalize",
                                                               .scope = std::move(scope),
                                                               .generation = generation});
}

inline identity what(std::string text, result_kind_ptr kind = embed_kind()) {
  return {std::move(kind), std::move(text)};
}

/// A vector that can be told from all others by its first number.
inline cached_value vector_value(float first, size_t dimensions = 8,
                                 std::chrono::nanoseconds cost = std::chrono::milliseconds{1}) {
  embedding made{.tokens = 3, .truncated = true};
  for (size_t i = 0; i < dimensions; ++i)
    made.values.push_back(first + static_cast<float>(i) / 16.0F);
  return {.data = std::make_shared<const embedding>(std::move(made)), .cost = cost};
}

inline cached_value bytes_value(std::string bytes) {
  return {.data = std::make_shared<const std::string>(std::move(bytes)), .cost = {}};
}

inline float first_of(const cached_value& value) {
  return value.as_embedding()->values.at(0);
}

inline cache_shard_options one_space(cache_space_options space) {
  return {.spaces = {{"embed", space}}};
}

} // namespace weft::test
