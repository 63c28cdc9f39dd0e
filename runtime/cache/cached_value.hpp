#pragma once

#include "runtime/job/embed.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

namespace weft {

/// A result as memory keeps it, decoded: a hit copies a pointer, never the vector. Operations without vectors keep the
/// bytes that they encode their results to.
struct cached_value {
  using embedding_ptr = std::shared_ptr<const embedding>;
  using bytes_ptr = std::shared_ptr<const std::string>;

  std::variant<embedding_ptr, bytes_ptr> data; ///< not null
  std::chrono::nanoseconds cost{};             ///< to compute it again: tokenizing and its share of the engine's time

  /// Null when it is something else.
  embedding_ptr as_embedding() const noexcept {
    const auto* held = std::get_if<embedding_ptr>(&data);
    return held ? *held : nullptr;
  }
  bytes_ptr as_bytes() const noexcept {
    const auto* held = std::get_if<bytes_ptr>(&data);
    return held ? *held : nullptr;
  }
};

/// Heap bytes of the value itself, with the blocks that hold it.
inline uint64_t memory_of(const cached_value& value) noexcept {
  constexpr uint64_t blocks = 48; // the control block of the pointer and two headers of the allocator
  if (const auto* vector = std::get_if<cached_value::embedding_ptr>(&value.data))
    return blocks + sizeof(embedding) + bytes_of(**vector);
  return blocks + sizeof(std::string) + std::get<cached_value::bytes_ptr>(value.data)->size();
}

} // namespace weft
